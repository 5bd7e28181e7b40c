"""`make rotate-session-key`: a new key for the sessions of users and of the console. Those that exist go on.

The new key is accepted first, and signs only when every process accepts it. The old one is accepted until the last of its
sessions has ended. Repeated after an interruption, the command goes on with the key that waits.
"""

import secrets
from datetime import UTC, datetime

from minipush.http.edge.console_sessions import SESSION_MS
from operate.command import told_if_interrupted
from operate.rotation.rotation import SECRET_AGE_SECONDS, Rotation, RotationError, Value, unchanged

OUTPUT = "AccessSecretArn"
KEY, OTHERS, WAITING = "session_key", "other_session_keys", "is_waiting"  # names in the secret
KEY_BYTES = 48
# A rotation that is interrupted before the new key signs leaves no more than this.
UNUSED_MS = 10 * 60 * 1000


def rotate(on: Rotation) -> str:
    before = on.read(OUTPUT)
    return _end(on, before) if on.is_end else _begin(on, before)


def _begin(on: Rotation, before: Value) -> str:
    waiting = _waiting(on, before)
    until = max((one["until"] for one in before.get(OTHERS) or ()), default=0)
    if until > _now(on) and not waiting:
        raise RotationError(
            f"an older key is accepted until {_instant(until)}; END=1 ends its sessions. Nothing was changed"
        )
    old = before[KEY]
    if not on.api.takes_session_key(old):
        raise RotationError("the API refuses a session that the present key signed; nothing was changed")
    if waiting:
        on.say("A new key waits since a rotation that was interrupted. This one goes on with it.")
    new = waiting or secrets.token_urlsafe(KEY_BYTES)
    _introduce(on, before, new)
    return _exchange(on, old, new)


def _introduce(on: Rotation, before: Value, new: str) -> None:
    """Have the new key accepted by every process."""
    waiting = {"key": new, "until": _now(on) + UNUSED_MS, WAITING: True}
    with told_if_interrupted(
        f"The old key still signs, and the new one has signed nothing. {_again(on)} goes on; without it, nothing happens"
    ):
        _store(on, before, before[KEY], waiting)
        on.say("The new key is accepted. It signs when every process knows it.")
        on.wait()


def _exchange(on: Rotation, old: str, new: str) -> str:
    """Have the new key sign, and the old one accepted. Raises RotationError."""
    until = _now(on) + _lifetime_ms(on)
    seen = on.read(OUTPUT)
    if seen[KEY] != old or _waiting(on, seen) != new:
        raise RotationError("somebody else changed the secret at the same time: the new key signs nothing")
    with told_if_interrupted(
        f"Sessions of both keys are accepted. {_again(on)} says that an older key is accepted if the new one signs, or goes on"
    ):
        _store(on, seen, new, {"key": old, "until": until})
        if not (on.api.takes_session_key(new) and on.api.takes_session_key(old)):
            raise RotationError(
                "the new key is stored, but the API refuses a session of it or of the old one"
            )
    return f"New sessions have the new key. Those of the old one are accepted until {_instant(until)}.\n"


def _waiting(on: Rotation, secret: Value) -> str:
    """The key that is to sign next. Empty if there is none, or if it has waited for too long."""
    others = secret.get(OTHERS) or ()
    return next((str(one["key"]) for one in others if one.get(WAITING) and one["until"] > _now(on)), "")


def _store(on: Rotation, seen: Value, signing: str, other: Value) -> None:
    def change(secret: Value) -> Value:
        unchanged(seen, secret, KEY, OTHERS)
        return secret | {KEY: signing, OTHERS: [other]}

    on.change(OUTPUT, change)


def _end(on: Rotation, before: Value) -> str:
    others = before.get(OTHERS) or []
    _ensure_replaced(on, others)
    with told_if_interrupted(
        "The old key is no longer stored, or is about to be; all processes refuse its sessions within a minute of that. "
        f"{_again(on, END='1')} says that no older key is accepted, or ends it"
    ):
        _remove(on, before)
        on.say(
            "The old key is no longer stored. In a minute, when all processes have read that, a session of it is tried."
        )
        on.wait()
        if any(on.api.takes_session_key(one["key"]) for one in others):
            raise RotationError("the old key is no longer stored, but the API still takes its sessions")
        if not on.api.takes_session_key(before[KEY]):
            raise RotationError("the old key has ended, but the API refuses a session of the present one")
    return "Sessions of the old key have ended.\n"


def _ensure_replaced(on: Rotation, others: list[Value]) -> None:
    """END=1 ends what a rotation has replaced, and never the key that signs. Raises RotationError."""
    stolen = (
        f"If the key was stolen: {on.make('secret', NAME='session_key', RANDOM='1')}. Nothing was changed"
    )
    if not others:
        raise RotationError(
            f"no older key is accepted: {_again(on)} replaces the present one first. {stolen}"
        )
    if any(one.get(WAITING) for one in others):
        raise RotationError(
            f"a rotation was interrupted: the new key has signed nothing, and the old one still signs. {_again(on)} "
            f"goes on with it; END=1 is for after that. {stolen}"
        )


def _remove(on: Rotation, seen: Value) -> None:
    def change(secret: Value) -> Value:
        unchanged(seen, secret, KEY, OTHERS)
        return {name: value for name, value in secret.items() if name != OTHERS}

    on.change(OUTPUT, change)


def _again(on: Rotation, **more: str) -> str:
    return on.make("rotate-session-key", **more)


def _lifetime_ms(on: Rotation) -> int:
    """Of the longest session, and of a process that still signs with the old key."""
    seconds = int(on.stack.parameters.get("SessionSeconds", "86400")) + 2 * SECRET_AGE_SECONDS
    return max(seconds * 1000, SESSION_MS + 2 * SECRET_AGE_SECONDS * 1000)


def _now(on: Rotation) -> int:
    return int(on.clock() * 1000)


def _instant(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
