"""A user's counters, in attributes of the profile.

    attribute             meaning
    uploads, uploads_on   permits admitted on a UTC day, and the day, in days since the epoch
    repeats               those of them that another request had stored meanwhile
    changes, changes_on   writes of settings and refusals on a day

A permit that was counted carries its day as `uploaded_on`.
"""

from collections.abc import Iterable
from typing import Any

from minipush.adapters.dynamodb.updates import Attributes, update
from minipush.adapters.dynamodb.users.items import PROFILE, UPLOADED_ON, Item
from minipush.domain.daily_use import Admission, ChangeCount, CountedChange, UploadCount, UserCounts, day_of


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def read_counts(partition: Iterable[Item]) -> UserCounts:
    """Of a user's whole partition."""
    profile: Item = {}
    days: dict[int, int] = {}
    for item in partition:
        if item["sk"]["S"] == PROFILE:
            profile = item
        elif UPLOADED_ON in item:
            day = _number(item, UPLOADED_ON)
            days[day] = days.get(day, 0) + 1
    day = _number(profile, "uploads_on")
    uploads = UploadCount(day, _number(profile, "uploads"), days.get(day, 0), _number(profile, "repeats"))
    return UserCounts(uploads, read_changes(profile))


def read_changes(profile: Item) -> ChangeCount:
    return ChangeCount(_number(profile, "changes_on"), _number(profile, "changes"))


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def admission_update(request: Admission) -> dict[str, Any]:
    """The arguments of the update that counts the permits. Fails where there may be no room any more."""
    read, today = request.read, request.today
    if read.day == today.day:
        compared = {"day": number(today.day), "most": number(read.admitted + request.spare)}
        return update(
            "#uploads_on = :day AND #uploads <= :most", compared, {}, added={"uploads": request.permits}
        )
    admitted = number(today.admitted + request.permits)
    changes = {"uploads_on": number(today.day), "uploads": admitted, "repeats": None}
    if not read.day:
        return update("attribute_not_exists(#uploads_on)", {}, changes)
    compared = {"day": number(read.day), "admitted": number(read.admitted)}
    return update("#uploads_on = :day AND #uploads = :admitted", compared, changes)


def repeats_update(permits: int, day: int) -> dict[str, Any]:
    """The arguments of the update that counts repeats. Fails once another day has begun."""
    return update("#uploads_on = :day", {"day": number(day)}, {}, added={"repeats": permits})


def counted_update(changes: Attributes, counted: CountedChange | None) -> dict[str, Any]:
    """The arguments of an update of the profile that counts as one change, unless `counted` is None."""
    if counted is None:
        return update("", {}, changes)
    day = day_of(counted.now)
    if counted.read.day >= day:
        return update("", {}, changes, added={"changes": 1})
    return update("", {}, {**changes, "changes_on": number(day), "changes": number(1)})
