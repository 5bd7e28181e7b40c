"""Store the permits that a user gave, and remember which templates the user refused."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from minipush.application.ports.clock import Clock
from minipush.application.ports.templates import TemplateStore
from minipush.application.ports.users import CountedUser, UserStore
from minipush.application.prompts.record_refusals import record_refusals
from minipush.domain.daily_use import EXPIRED_PLACES, PERMITS_A_DAY, Admission, CountedChange, UploadCount
from minipush.domain.permit_rejections import (
    PermitRejectedError,
    PermitRejection,
    SubscriptionNotAcceptedError,
)
from minipush.domain.permits import Permit
from minipush.domain.reported_permits import ReportedPermit, ReportedSubscription
from minipush.domain.template_refusals import Decision, SubscriptionAnswer, refusal_of
from minipush.domain.templates import SyncedTemplates
from minipush.domain.users import User
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

# Requests of one user get in each other's way only when little room is left, or a day begins.
TRIES = 5


@dataclass(frozen=True, slots=True)
class RejectedReport:
    """`index` is the entry's place among the reported permits."""

    index: int
    reason: PermitRejection


@dataclass(slots=True)
class CollectResult:
    """`stored` counts entries that are new, `permits` the messages that they allow."""

    stored: int = 0
    permits: int = 0
    rejected: list[RejectedReport] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Entry:
    """The permits of a reported entry, or the refusal in it."""

    index: int
    permits: list[Permit] = field(default_factory=list)
    refusal: SubscriptionAnswer | None = None

    @property
    def template_ids(self) -> set[str]:
        return {permit.template_id for permit in self.permits if permit.template_id}


type UnknownAmong = Callable[[set[str], SyncedTemplates | None, int], set[str]]
"""See KnownTemplates.unknown_among."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be stored of the entries that have room, and what is rejected."""

    fitting: list[list[Permit]]
    rejected: list[RejectedReport]
    spare: int

    @property
    def permits(self) -> list[Permit]:
        return [permit for entry in self.fitting for permit in entry]

    def count_entries(self, stored: list[Permit]) -> int:
        """How many of the entries have a permit among these."""
        identities = set(map(_identity, stored))
        return sum(any(_identity(permit) in identities for permit in entry) for entry in self.fitting)


class CollectPermits:
    """Whether a template is long-term is what the sync says of it. What is reported counts for other templates.

    `is_counted`: the reports are unproven. Each request then counts its permits before it stores them, so that the
    cap holds also for requests that run at the same time. `unknown_among`: tells which templates the account lacks,
    whose accepts are rejected; None for WeChat's own events. Without `subscriptions`, accepts are checked but not
    stored: WeChat's events report them. Refusals are remembered either way.
    """

    def __init__(
        self,
        users: UserStore,
        clock: Clock,
        permits_per_user: int,
        templates: TemplateStore,
        *,
        unknown_among: UnknownAmong | None = None,
        subscriptions: bool = True,
        is_counted: bool = False,
    ) -> None:
        self._templates = templates
        self._unknown_among = unknown_among
        self._subscriptions = subscriptions
        self._is_counted = is_counted
        self._users = users
        self._clock = clock
        self._permits_per_user = permits_per_user

    def __call__(self, openid: str, reported: Sequence[ReportedPermit]) -> CollectResult:
        """An entry that was stored before, spent or not, counts neither as stored nor as rejected.

        Raises StoreError.
        """
        now = self._clock()
        result = CollectResult()
        synced = self._synced(reported)
        found = _entries(_as_synced(reported, synced), now, result)
        known = self._of_known_templates(found, synced, now, result)
        entries = [entry for entry in known if self._is_stored_here(entry)]
        if entries:
            self._collect(openid, entries, now, result)
        return result

    def _synced(self, reported: Sequence[ReportedPermit]) -> SyncedTemplates | None:
        has_subscription = any(isinstance(report, ReportedSubscription) for report in reported)
        return self._templates.read() if has_subscription else None

    def _of_known_templates(
        self, entries: list[_Entry], synced: SyncedTemplates | None, now: int, result: CollectResult
    ) -> list[_Entry]:
        if self._unknown_among is None or synced is None:
            return entries
        unknown = self._unknown_among({id_ for entry in entries for id_ in entry.template_ids}, synced, now)
        lacking = [entry for entry in entries if entry.template_ids & unknown]
        result.rejected += [RejectedReport(e.index, PermitRejection.UNKNOWN_TEMPLATE) for e in lacking]
        return [entry for entry in entries if not entry.template_ids & unknown]

    def _is_stored_here(self, entry: _Entry) -> bool:
        return self._subscriptions or all(permit.template_id is None for permit in entry.permits)

    def _collect(self, openid: str, entries: list[_Entry], now: int, result: CollectResult) -> None:
        found = self._users.read_counted(openid)
        # Refusals before permits: a repeat finds the permits stored, and a stored accept clears no refusal.
        self._record_refusals(found, entries, now)
        for _ in range(TRIES):
            uploads = found.counts.uploads.at(now)
            plan = self._plan(found.user, entries, uploads, now)
            if self._admit(openid, plan, found.counts.uploads, uploads):
                new = self._store(openid, plan, uploads.day, now)
                result.stored, result.permits = plan.count_entries(new), len(new)
                result.rejected += plan.rejected
                return
            found = self._users.read_counted(openid)
        raise StoreError(f"{TRIES} uploads of other requests came first")

    def _record_refusals(self, found: CountedUser, entries: list[_Entry], now: int) -> None:
        changes = found.counts.changes
        if not self._is_counted:
            record_refusals(self._users, found.user, _answers(entries, found.user), now)
        elif changes.allows_one(now):
            counted = CountedChange(changes, now)
            record_refusals(self._users, found.user, _answers(entries, found.user), now, counted)

    def _plan(self, user: User, entries: list[_Entry], uploads: UploadCount, now: int) -> _Plan:
        """The new permits of each entry that the user has room for, whole entries only."""
        known = {_identity(permit) for permit in user.permits}
        room = self._room(user, uploads, now)
        plan: list[list[Permit]] = []
        rejected = []
        for entry in entries:
            new = _new(entry, known)
            if new and len(new) > room:
                rejected.append(RejectedReport(entry.index, PermitRejection.TOO_MANY))
                continue
            room -= len(new)
            known.update(map(_identity, new))
            plan.append(new)
        return _Plan(plan, rejected, room)

    def _room(self, user: User, uploads: UploadCount, now: int) -> int:
        """Expired permits have places of their own until they are deleted: their number needs a bound, too."""
        cap, live = self._permits_per_user, len(user.live(now))
        if not self._is_counted:
            return cap - live
        unspent = sum(permit.claim is None for permit in user.permits)
        places = cap + max(cap, EXPIRED_PLACES)
        room = min(cap - live, places - unspent) - uploads.in_flight
        return min(room, max(PERMITS_A_DAY, cap) - uploads.admitted)

    def _admit(self, openid: str, plan: _Plan, read: UploadCount, today: UploadCount) -> bool:
        permits = len(plan.permits)
        if not (self._is_counted and permits):
            return True
        return self._users.admit(openid, Admission(read, today, permits, plan.spare))

    def _store(self, openid: str, plan: _Plan, day: int, now: int) -> list[Permit]:
        """Return the permits that are new."""
        permits = plan.permits
        counted_on = day if self._is_counted else None
        are_new = self._users.add(openid, permits, counted_on, now) if permits else []
        if self._is_counted and not all(are_new):
            self._count_repeats(openid, are_new.count(False), day)
        return [permit for permit, is_new in zip(permits, are_new, strict=True) if is_new]

    def _count_repeats(self, openid: str, permits: int, day: int) -> None:
        try:
            self._users.count_repeats(openid, permits, day)
        except StoreError:
            logger.warning("an upload ran twice: its permits take room until the day ends", exc_info=True)


def _as_synced(
    reported: Sequence[ReportedPermit], synced: SyncedTemplates | None
) -> Sequence[ReportedPermit]:
    listed = synced.by_id() if synced else {}
    return [
        replace(report, long_term=listed[report.template_id].is_long_term)
        if isinstance(report, ReportedSubscription) and report.template_id in listed
        else report
        for report in reported
    ]


type _Identity = tuple[str, str, str | None, int]


def _entries(reported: Sequence[ReportedPermit], now: int, result: CollectResult) -> list[_Entry]:
    entries = []
    for index, report in enumerate(reported):
        try:
            entries.append(_Entry(index, report.permits(now)))
        except PermitRejectedError as error:
            result.rejected.append(RejectedReport(index, error.rejection))
            if isinstance(error, SubscriptionNotAcceptedError) and (
                refusal := refusal_of(error.id, error.template_id, error.result)
            ):
                entries.append(_Entry(index, refusal=refusal))
    return entries


def _answers(entries: list[_Entry], user: User) -> list[SubscriptionAnswer]:
    """The user's answers in the order of the report, without accepts that were stored before."""
    known = {_identity(permit) for permit in user.permits}
    answers: list[SubscriptionAnswer] = []
    for entry in entries:
        accepted = [permit.template_id for permit in _new(entry, known) if permit.template_id]
        answers += [SubscriptionAnswer(template_id, Decision.ACCEPT) for template_id in accepted]
        answers += [entry.refusal] if entry.refusal else []
    return answers


def _new(entry: _Entry, known: set[_Identity]) -> list[Permit]:
    return [permit for permit in entry.permits if _identity(permit) not in known]


def _identity(permit: Permit) -> _Identity:
    return (permit.kind.name, permit.id, permit.template_id, permit.use)
