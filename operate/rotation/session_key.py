"""`make rotate-session-key`: a new key for the sessions of users and of the console. Those that exist go on.

The new key is accepted first, and signs only when every process accepts it. The old one is accepted until the last of its
sessions has ended.
"""

import secrets
from datetime import UTC, datetime

from minipush.http.edge.console_sessions import SESSION_MS
from operate.rotation.rotation import SECRET_AGE_SECONDS, Rotation, RotationError, Value, unchanged

OUTPUT = "AccessSecretArn"
KEY, OTHERS = "session_key", "other_session_keys"
KEY_BYTES = 48
# A rotation that is interrupted before the new key signs leaves no more than this.
UNUSED_MS = 10 * 60 * 1000


def rotate(on: Rotation) -> str:
    before = on.read(OUTPUT)
    return _end(on, before) if on.is_end else _begin(on, before)


def _begin(on: Rotation, before: Value) -> str:
    until = max((one["until"] for one in before.get(OTHERS) or ()), default=0)
    if until > _now(on):
        raise RotationError(
            f"an older key is accepted until {_instant(until)}; END=1 ends its sessions. Nothing was changed"
        )
    old = before[KEY]
    if not on.api.takes_session_key(old):
        raise RotationError("the API refuses a session that the present key signed; nothing was changed")
    new = secrets.token_urlsafe(KEY_BYTES)
    _store(on, before, old, new, _now(on) + UNUSED_MS)
    on.say("The new key is accepted. It signs when every process knows it.")
    on.wait()
    until = _now(on) + _lifetime_ms(on)
    _store(on, on.read(OUTPUT), new, old, until)
    if not (on.api.takes_session_key(new) and on.api.takes_session_key(old)):
        raise RotationError("the new key is stored, but the API refuses a session of it or of the old one")
    return f"New sessions have the new key. Those of the old one are accepted until {_instant(until)}.\n"


def _store(on: Rotation, seen: Value, signing: str, other: str, until: int) -> None:
    def change(secret: Value) -> Value:
        unchanged(seen, secret, KEY, OTHERS)
        return secret | {KEY: signing, OTHERS: [{"key": other, "until": until}]}

    on.change(OUTPUT, change)


def _end(on: Rotation, before: Value) -> str:
    others = before.get(OTHERS) or []
    if not others:
        raise RotationError("no older key is accepted; nothing was changed")
    on.change(OUTPUT, lambda secret: {name: value for name, value in secret.items() if name != OTHERS})
    on.wait()
    if any(on.api.takes_session_key(one["key"]) for one in others):
        raise RotationError("the old key is no longer stored, but the API still takes its sessions")
    if not on.api.takes_session_key(before[KEY]):
        raise RotationError("the old key has ended, but the API refuses a session of the present one")
    return "Sessions of the old key have ended.\n"


def _lifetime_ms(on: Rotation) -> int:
    """Of the longest session, and of a process that still signs with the old key."""
    seconds = int(on.stack.parameters.get("SessionSeconds", "86400")) + 2 * SECRET_AGE_SECONDS
    return max(seconds * 1000, SESSION_MS + 2 * SECRET_AGE_SECONDS * 1000)


def _now(on: Rotation) -> int:
    return int(on.clock() * 1000)


def _instant(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
