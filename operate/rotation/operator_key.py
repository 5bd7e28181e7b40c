"""`make rotate-operator-key`: a second key with the rights of the first. Both count until END=1 ends the older one."""

import re
from datetime import UTC, datetime

from minipush_cli.aws.key_uses import last_uses
from minipush_cli.aws.operator_keys import KeyOptions, ListedKey, OperatorKeys
from operate.deployed_api import eventually
from operate.rotation.rotation import SECRET_AGE_SECONDS, Rotation, RotationError

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
    return _begin(on, keys, listed[name], successor)


def _begin(on: Rotation, keys: OperatorKeys, old: ListedKey, successor: str) -> str:
    if old.scopes is None:
        raise RotationError(f"the entry of {old.name} can't be read; nothing was changed")
    key = keys.add(successor, KeyOptions(scopes=old.scopes, **old.limits))
    if not eventually(lambda: on.api.takes_operator_key(key), 2 * SECRET_AGE_SECONDS):
        keys.revoke(successor)
        raise RotationError("the API did not take the new key, so it was revoked again; the old one goes on")
    on.wait()
    on.say(f"{successor} may do what {old.name} may. Give it to the back end, then end {old.name}: END=1.")
    return key + "\n"


def _end(on: Rotation, keys: OperatorKeys, old: ListedKey, new: ListedKey | None) -> str:
    if new is None or new.scopes is None:
        raise RotationError(f"{old.name} has no successor; nothing was changed")
    if not on.is_forced and _is_in_use(on, old, new):
        raise RotationError(
            f"{old.name} was last used at {old.last_used or 'no time'}, {new.name} at {new.last_used or 'no time'}: "
            "the back end has to use the new one for 15 minutes. YES=1 ends the old one all the same. Nothing was changed"
        )
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
    if old.last_used is None:
        return False
    last = datetime.fromisoformat(old.last_used)
    return (datetime.fromtimestamp(on.clock(), UTC) - last).total_seconds() < QUIET_SECONDS
