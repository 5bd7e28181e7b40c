"""A part of an import, on its way to the API. To repeat a part is harmless."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

from minipush_cli.api import Api
from minipush_cli.errors import ApiError, Exit
from minipush_cli.importing.entries import Entry, Json, Permit

PERMITS_IN_A_CALL = 100
USERS_IN_A_CALL = 1000

T = TypeVar("T")


@dataclass(frozen=True)
class Rejected:
    number: int
    openid: str
    reason: str


@dataclass(frozen=True)
class Uploaded:
    """`stored`: new permits. `known`: permits that were stored before. `changed`: users whose tags or settings were set."""

    stored: int = 0
    known: int = 0
    changed: int = 0
    rejected: Sequence[Rejected] = field(default_factory=tuple)


def upload(api: Api, entries: Sequence[Entry], executor: Executor) -> Uploaded:
    """Raises CommandError if the rest would fail as well: credentials, or no connection."""
    calls = [*_permit_calls(api, entries), *_tag_calls(api, entries), *_settings_calls(api, entries)]
    done = [future.result() for future in [executor.submit(call) for call in calls]]
    return Uploaded(
        sum(one.stored for one in done),
        sum(one.known for one in done),
        sum(one.changed for one in done),
        [rejected for one in done for rejected in one.rejected],
    )


def path_of(openid: str) -> str:
    return f"/users/{quote(openid, safe='')}"


# ---- permits


def _permit_calls(api: Api, entries: Iterable[Entry]) -> Iterator[Callable[[], Uploaded]]:
    by_user: dict[str, list[tuple[Entry, Permit]]] = defaultdict(list)
    for entry in entries:
        if entry.permit:
            by_user[entry.openid].append((entry, entry.permit))
    for openid, permits in by_user.items():
        for batch in _batches(permits, PERMITS_IN_A_CALL):
            yield lambda openid=openid, batch=batch: _send_permits(api, openid, batch)  # type: ignore[misc]


def _send_permits(api: Api, openid: str, batch: Sequence[tuple[Entry, Permit]]) -> Uploaded:
    body: dict[str, list[Json]] = defaultdict(list)
    sent: dict[str, Entry] = {}
    for entry, permit in batch:
        sent[f"/{permit.list_}/{len(body[permit.list_])}"] = entry
        body[permit.list_].append(permit.body)
    entries = [entry for entry, _ in batch]
    try:
        answer = api.post(f"{path_of(openid)}/permits", body, is_safe=True)
    except ApiError as error:
        return Uploaded(rejected=_all_rejected(entries, error))
    rejected = [_rejected(sent[one["pointer"]], one["reason"]) for one in answer["rejected"]]
    return Uploaded(answer["stored"], len(batch) - answer["stored"] - len(rejected), 0, rejected)


# ---- tags


def _tag_calls(api: Api, entries: Iterable[Entry]) -> Iterator[Callable[[], Uploaded]]:
    by_tags: dict[tuple[str, ...], dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        if entry.tags:
            by_tags[entry.tags][entry.openid] = entry
    for tags, users in by_tags.items():
        for batch in _batches([*users.values()], USERS_IN_A_CALL):
            yield lambda tags=tags, batch=batch: _send_tags(api, tags, batch)  # type: ignore[misc]


def _send_tags(api: Api, tags: tuple[str, ...], batch: Sequence[Entry]) -> Uploaded:
    """A user whom the API refuses does not keep the others from their tags."""
    try:
        answer = api.post(
            "/tags", {"openids": [entry.openid for entry in batch], "add": [*tags]}, is_safe=True
        )
    except ApiError as error:
        rejected = _all_rejected(batch, error)
        if len(batch) == 1:
            return Uploaded(rejected=rejected)
        middle = len(batch) // 2
        return _joined(_send_tags(api, tags, batch[:middle]), _send_tags(api, tags, batch[middle:]))
    return Uploaded(changed=answer["changed"])


def _joined(first: Uploaded, second: Uploaded) -> Uploaded:
    return Uploaded(changed=first.changed + second.changed, rejected=[*first.rejected, *second.rejected])


# ---- settings


def _settings_calls(api: Api, entries: Iterable[Entry]) -> Iterator[Callable[[], Uploaded]]:
    """The last line about a user holds."""
    last = {entry.openid: entry for entry in entries if entry.settings}
    for entry in last.values():
        yield lambda entry=entry: _send_settings(api, entry)  # type: ignore[misc]


def _send_settings(api: Api, entry: Entry) -> Uploaded:
    try:
        api.patch(path_of(entry.openid), dict(entry.settings or {}))
    except ApiError as error:
        return Uploaded(rejected=_all_rejected([entry], error))
    return Uploaded(changed=1)


# ---- refusals


def _all_rejected(entries: Sequence[Entry], error: ApiError) -> list[Rejected]:
    """Raises the error if it is not about what was sent."""
    if error.code is not Exit.USAGE:
        raise error
    reason = " ".join(str(error).split())
    return [_rejected(entry, reason) for entry in entries]


def _rejected(entry: Entry, reason: str) -> Rejected:
    return Rejected(entry.number, entry.openid, reason)


def _batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    waiting = iter(items)
    while batch := list(islice(waiting, size)):
        yield batch
