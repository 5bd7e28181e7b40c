"""`make rotate-operator-key`: a second key with the rights of the first. Both count until END=1 ends the older one.

The new key is shown before it is stored: whatever interrupts the command, no key counts that nobody knows.
"""

import re
from datetime import UTC, datetime

from minipush_cli.aws.key_uses import last_uses
from minipush_cli.aws.operator_keys import KeyOptions, ListedKey, OperatorKeys, new_key
from operate.command import told_if_interrupted
from operate.rotation.rotation import Rotation, RotationError

QUIET_SECONDS = 15 * 60


def rotate(on: Rotation) -> str:
    name = on.variables.get("NAME", "")
    keys = OperatorKeys(on.stack)
    listed = {one.name: one for one in keys.listed(last_uses(on.stack))}
    if name not in listed:
        raise RotationError(f"no key is named {name or '…: NAME is missing'}; nothing was changed")
    successor = on.variables.get("NEW") or next_name(name)
    if on.is_end:
        return _end(on, keys, listed[name], listed.get(successor))
    _ensure_rotatable(on, listed[name], listed.get(successor))
    return _begin(on, keys, listed[name], successor)


def _ensure_rotatable(on: Rotation, old: ListedKey, new: ListedKey | None) -> None:
    """Raises RotationError."""
    if old.scopes is None:
        raise RotationError(f"the entry of {old.name} can't be read; nothing was changed")
    if new is not None:
        used = f"was last used at {new.last_used}" if new.last_used else "was never used"
        raise RotationError(
            f"a key named {new.name} already exists, and {used}. If the back end has it: {_again(on, END='1')}. If nobody has it, "
            f"{on.make('operator-key', NAME=new.name, REVOKE='1')}, and then repeat this command. Nothing was changed"
        )
    if _is_expired(on, old):
        raise RotationError(
            f"{old.name} has expired, and so would its successor: make operator-key; nothing was changed"
        )


def _begin(on: Rotation, keys: OperatorKeys, old: ListedKey, successor: str) -> str:
    key = new_key()
    on.write(key + "\n")
    with told_if_interrupted(
        f"{old.name} goes on. The key above is {successor} if {on.make('operator-key', LIST='1')} lists one; "
        "otherwise it counts for nothing, and the command has to be repeated"
    ):
        keys.add(successor, KeyOptions(scopes=old.scopes or [], **old.limits), key)
    with told_if_interrupted(
        f"{successor}, the key above, is stored, and all processes take it within a minute. {old.name} goes on. "
        f"When the back end uses {successor}: {_again(on, END='1')}"
    ):
        return _tried(on, keys, old, successor, key)


def _tried(on: Rotation, keys: OperatorKeys, old: ListedKey, successor: str, key: str) -> str:
    """Raises RotationError."""
    on.say(f"{successor} is stored. In a minute, when all processes have read it, it is tried.")
    on.wait()
    if not on.eventually(lambda: on.api.takes_operator_key(key)):
        keys.revoke(successor)
        raise RotationError("the API did not take the new key, so it was revoked again; the old one goes on")
    on.say(
        f"{successor} may do what {old.name} may. Give it to the back end, then end {old.name}: {_again(on, END='1')}"
    )
    return ""


def _end(on: Rotation, keys: OperatorKeys, old: ListedKey, new: ListedKey | None) -> str:
    if new is None or new.scopes is None:
        raise RotationError(f"{old.name} has no successor; nothing was changed")
    if not on.is_forced and _is_in_use(on, old, new):
        raise RotationError(
            f"{old.name} was last used at {old.last_used or 'no time'}, {new.name} at {new.last_used or 'no time'}: "
            "the back end has to use the new one for 15 minutes. YES=1 ends the old one all the same. Nothing was changed"
        )
    with told_if_interrupted(
        f"{new.name} goes on. {old.name} has ended unless {on.make('operator-key', LIST='1')} lists it: then repeat the command"
    ):
        keys.revoke(old.name)
        if any(one.name == old.name for one in keys.listed({})):
            raise RotationError(f"{old.name} is still there")
    return f"{old.name} has ended; {new.name} goes on.\n"


def next_name(name: str) -> str:
    """`shop-2` after `shop`, `shop-3` after `shop-2`."""
    numbered = re.fullmatch(r"(.+)-([1-9][0-9]{0,3})", name)
    return f"{numbered[1]}-{int(numbered[2]) + 1}" if numbered else f"{name}-2"


def _is_in_use(on: Rotation, old: ListedKey, new: ListedKey) -> bool:
    if new.last_used is None:
        return True
    return old.last_used is not None and _seconds_since(on, old.last_used) < QUIET_SECONDS


def _is_expired(on: Rotation, key: ListedKey) -> bool:
    expires_at = key.limits.get("expires_at")
    return expires_at is not None and _seconds_since(on, expires_at) >= 0


def _seconds_since(on: Rotation, instant: str) -> float:
    return (datetime.fromtimestamp(on.clock(), UTC) - datetime.fromisoformat(instant)).total_seconds()


def _again(on: Rotation, **more: str) -> str:
    return on.make("rotate-operator-key", "NAME", "NEW", **more)
