"""The stores that the use cases need, in memory. They pass the contract suites of the real ones."""

import threading
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from minipush.application.ports.idempotency import IdempotencyRecord
from minipush.application.ports.refusals import RefusalCount
from minipush.application.ports.sweeps import Sweep
from minipush.application.ports.users import CountedSettings, CountedUser
from minipush.domain.audit import Act
from minipush.domain.daily_use import (
    Admission,
    ChangeCount,
    CountedChange,
    UploadCount,
    UserCounts,
    day_of,
)
from minipush.domain.deliveries import NO_MSGID
from minipush.domain.follower import Follower
from minipush.domain.permit_kinds import follow_permits
from minipush.domain.permits import Claim, Permit
from minipush.domain.pool import PoolMeasure
from minipush.domain.prompts import SubscriptionTargets
from minipush.domain.settings_log import SettingsLog
from minipush.domain.tag_counts import TagMeasure
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.templates import SyncedTemplates
from minipush.domain.text_checks import TextCheckResult
from minipush.domain.timelines import DeliveryFailure
from minipush.domain.users import User, UserSettings

PAGE = 3


type Identity = tuple[str, str, str, int]


def identity(permit: Permit) -> tuple[str, str, str, int]:
    """A delivery through a reusable permit is an entry of its own, beside the permit."""
    marked = permit.claim.delivery if permit.kind.is_reusable and permit.claim else permit.id
    return (permit.kind.stored_name, permit.template_id or "", marked, permit.use)


@dataclass
class MemoryStore:
    permits: dict[str, dict[tuple[str, str, str, int], Permit]] = field(default_factory=dict)
    settings: dict[str, UserSettings] = field(default_factory=dict)
    template_refusals: dict[str, dict[str, TemplateRefusal]] = field(default_factory=dict)
    last_seen: dict[str, int] = field(default_factory=dict)
    followers: dict[str, Follower] = field(default_factory=dict)
    settings_logs: dict[str, SettingsLog] = field(default_factory=dict)
    added_at: dict[tuple[str, Identity], int] = field(default_factory=dict)
    failures: dict[tuple[str, Identity], DeliveryFailure] = field(default_factory=dict)
    withdrawn: set[tuple[str, tuple[str, str, str, int]]] = field(default_factory=set)
    counts: dict[str, UserCounts] = field(default_factory=dict)
    uploaded_on: dict[str, dict[tuple[str, str, str, int], int]] = field(default_factory=dict)
    cursor: Sweep | None = None
    measure: PoolMeasure | None = None
    tag_measure: TagMeasure | None = None
    page_size: int = PAGE

    # ---- UserStore

    def read(self, openid: str) -> User:
        follower = self.followers.get(openid)
        permits = (*follow_permits(follower), *self.permits.get(openid, {}).values())
        template_refusals = tuple(self.template_refusals.get(openid, {}).values())
        settings, last_seen = self.settings.get(openid, UserSettings()), self.last_seen.get(openid)
        return User(openid, settings, permits, template_refusals, last_seen, follower)

    def read_counted(self, openid: str) -> CountedUser:
        user = self.read(openid)
        counts = self.counts.get(openid, UserCounts())
        mine = self.permits.get(openid, {})
        days = [day for key, day in self.uploaded_on.get(openid, {}).items() if key in mine]
        uploads = replace(counts.uploads, stored=days.count(counts.uploads.day))
        return CountedUser(user, replace(counts, uploads=uploads))

    def read_settings(self, openid: str) -> CountedSettings:
        counts = self.counts.get(openid, UserCounts())
        settings, log = self.settings.get(openid, UserSettings()), self.settings_logs.get(openid, ())
        return CountedSettings(settings, counts.changes, log)

    def last_login(self, openid: str) -> int | None:
        return self.last_seen.get(openid)

    def admit(self, openid: str, admission: Admission) -> bool:
        counts = self.counts.get(openid, UserCounts())
        there, read, today = counts.uploads, admission.read, admission.today
        room = admission.spare if read.day == today.day else 0
        if there.day != read.day or there.admitted > read.admitted + room:
            return False
        before = there.admitted if read.day == today.day else today.admitted
        repeated = there.repeated if read.day == today.day else 0
        uploads = UploadCount(today.day, before + admission.permits, repeated=repeated)
        self.counts[openid] = replace(counts, uploads=uploads)
        return True

    def count_repeats(self, openid: str, permits: int, day: int) -> None:
        counts = self.counts[openid]
        if counts.uploads.day == day:
            uploads = replace(counts.uploads, repeated=counts.uploads.repeated + permits)
            self.counts[openid] = replace(counts, uploads=uploads)

    def add(
        self, openid: str, permits: list[Permit], day: int | None = None, at: int | None = None
    ) -> list[bool]:
        mine = self.permits.setdefault(openid, {})
        days = self.uploaded_on.setdefault(openid, {})
        new = []
        for permit in permits:
            new.append(identity(permit) not in mine)
            if new[-1] and day is not None:
                days[identity(permit)] = day
            if new[-1] and at is not None:
                self.added_at[openid, identity(permit)] = at
            mine.setdefault(identity(permit), permit)
        return new

    def _count(self, openid: str, counted: CountedChange | None) -> None:
        if counted is None:
            return
        counts, day = self.counts.get(openid, UserCounts()), day_of(counted.now)
        before = counts.changes.changes if counts.changes.day >= day else 0
        self.counts[openid] = replace(counts, changes=ChangeCount(day, before + 1))

    def withdraw(self, openid: str, template_ids: set[str], now: int) -> int:
        mine = self.permits.get(openid, {})
        theirs = [permit for permit in mine.values() if permit.template_id in template_ids]
        free = [permit for permit in theirs if not permit.claim]
        self.withdrawn |= {(openid, identity(permit)) for permit in theirs if permit.claim}
        for permit in free:
            self._invalidate(openid, permit, Claim("withdrawn", now, 43101))
        return len(free)

    def _invalidate(self, openid: str, permit: Permit, claim: Claim) -> None:
        if permit.kind.is_reusable:
            self.permits[openid].pop(identity(permit), None)
        else:
            self._put(openid, permit._replace(claim=claim))

    def mark_delivery_failed(
        self, openid: str, permit: Permit, msgid: str, errcode: int | None, at: int
    ) -> bool:
        is_marked = self._mark_claim(openid, permit, failed_msgid=msgid, failed_at=at)
        if is_marked:
            self.failures[openid, identity(permit)] = DeliveryFailure(at, errcode)
        return is_marked

    def mark_confirmed(self, openid: str, permit: Permit, msgid: str) -> bool:
        return self._mark_claim(openid, permit, confirmed_msgid=msgid)

    def _mark_claim(self, openid: str, permit: Permit, **marks: Any) -> bool:
        """The first of the marks is a msgid. Where nobody knows it, the second tells one report from another."""
        there = self._claimed(openid, permit, permit.claim.holder) if permit.claim else None
        if not there or not there.claim or not permit.claim:
            return False
        if there.claim.is_reported_unknown != permit.claim.is_reported_unknown:
            return False
        known_by = list(marks)[-1 if NO_MSGID in marks.values() else 0]
        if getattr(there.claim, known_by) not in (None, marks[known_by]):
            return False
        self._put(openid, there._replace(claim=replace(there.claim, **marks)))
        return True

    def record_login(self, openid: str, unionid: str | None, now: int) -> None:
        self.settings.setdefault(openid, UserSettings())
        self.last_seen[openid] = now

    def change(
        self,
        openid: str,
        settings: Mapping[str, Any],
        counted: CountedChange | None = None,
        log: SettingsLog | None = None,
    ) -> UserSettings:
        self._count(openid, counted)
        if log is not None:
            self.settings_logs[openid] = log
        changed = replace(self.settings.get(openid, UserSettings()), **settings)
        self.settings[openid] = changed
        return changed

    def save_refusals(
        self,
        openid: str,
        template_refusals: Mapping[str, TemplateRefusal | None],
        counted: CountedChange | None = None,
    ) -> None:
        self._count(openid, counted)
        mine = {**self.template_refusals.get(openid, {}), **template_refusals}
        self.template_refusals[openid] = {name: refusal for name, refusal in mine.items() if refusal}

    # ---- Ledger

    async def claim(self, openid: str, permit: Permit, holder: str, now: int) -> str | None:
        claim = Claim(holder, now)
        there: Permit | None = None
        if permit.kind.is_reusable:
            marker = Permit(permit.kind, "" if permit.kind.is_collected else permit.id, claim=claim)
            there = self.permits.setdefault(openid, {}).setdefault(identity(marker), marker)
        else:
            there = self.permits.get(openid, {}).get(identity(permit))
        if there and there.claim is None:
            there = there._replace(kind=permit.kind, claim=claim)
            self._put(openid, there)
        return there.claim.holder if there and there.claim and there.claim.invalidated_by is None else None

    async def take_over(self, openid: str, permit: Permit, holder: str) -> bool:
        there = self.permits.get(openid, {}).get(identity(permit))
        if there is None or there.claim is None or permit.claim is None:
            return False
        if there.claim.holder not in (permit.claim.holder, holder):
            return False
        self._put(openid, there._replace(claim=replace(there.claim, holder=holder)))
        return True

    async def give_back(self, openid: str, permit: Permit, holder: str) -> None:
        there = self._claimed(openid, permit, holder)
        if there and permit.kind.is_reusable:
            del self.permits[openid][identity(there)]
        elif there and (openid, identity(there)) in self.withdrawn:
            await self.invalidate(openid, permit, holder, 43101)
        elif there:
            self._put(openid, there._replace(claim=None))

    async def report_unknown(self, openid: str, permit: Permit, holder: str) -> str | None:
        there = self._claimed(openid, permit, holder)
        if not there or not there.claim or there.claim.is_reported_unknown:
            return None
        if there.claim.known_msgid:
            return there.claim.known_msgid
        self._put(openid, there._replace(claim=replace(there.claim, is_reported_unknown=True)))
        return None

    async def invalidate(self, openid: str, permit: Permit, holder: str, errcode: int) -> bool:
        there = self._claimed(openid, permit, holder)
        if there and there.claim:
            self._put(openid, there._replace(claim=replace(there.claim, invalidated_by=errcode)))
        if there and permit.kind.is_reusable:
            self.permits[openid].pop(identity(permit._replace(claim=None)), None)
        return there is not None

    async def invalidate_all(
        self, openid: str, permits: list[Permit], holder: str, errcode: int, now: int
    ) -> None:
        for permit in permits:
            there = self.permits.get(openid, {}).get(identity(permit))
            if there and there.claim is None:
                self._invalidate(openid, there, Claim(holder, now, errcode))

    def _claimed(self, openid: str, permit: Permit, holder: str) -> Permit | None:
        held = Permit(permit.kind, "", claim=Claim(holder, 0)) if permit.kind.is_reusable else permit
        there = self.permits.get(openid, {}).get(identity(held))
        return there if there and there.claim and there.claim.holder == holder else None

    def _put(self, openid: str, permit: Permit) -> None:
        self.permits[openid][identity(permit)] = permit

    # ---- SweepStore

    def resume(self) -> Sweep | None:
        if self.cursor is None or self.cursor.finished:
            return None
        return deepcopy(self.cursor)

    def page(
        self, cursor: Mapping[str, Any] | None
    ) -> tuple[list[tuple[str, UserSettings | Permit]], Mapping[str, Any] | None]:
        after = tuple(cursor["after"]) if cursor else ("",)
        rest = sorted((entry for entry in self._items() if entry[0] > after), key=itemgetter(0))
        page = [(str(cursor[0]), item) for cursor, item in rest[: self.page_size]]
        more = len(rest) > self.page_size
        return page, {"after": [*rest[self.page_size - 1][0]]} if more else None

    def _items(self) -> Iterator[tuple[tuple[str | int, ...], UserSettings | Permit]]:
        """Each with its cursor: a user's settings come before the permits."""
        for openid, settings in self.settings.items():
            yield (openid,), settings
        for openid, mine in self.permits.items():
            yield from (((openid, *cursor), permit) for cursor, permit in mine.items())

    def remove(self, permits: list[tuple[str, Permit]], kept_until: int) -> int:
        removed = 0
        for openid, permit in permits:
            there = self.permits.get(openid, {}).get(identity(permit))
            if there and there.kept_until is not None and there.kept_until <= kept_until:
                del self.permits[openid][identity(permit)]
                removed += 1
        return removed

    def save(self, sweep: Sweep) -> bool:
        before, sweep.version = sweep.version, sweep.version + 1
        cursor = self.cursor
        if before:
            if not cursor or (cursor.measure.now, cursor.version) != (sweep.measure.now, before):
                return False
        elif cursor and not cursor.finished:
            return False
        self.cursor = deepcopy(sweep)
        return True

    def publish(self, sweep: Sweep) -> None:
        self.measure = deepcopy(sweep.measure)
        self.tag_measure = TagMeasure(sweep.measure.now, deepcopy(sweep.tags))

    def pool(self) -> PoolMeasure | None:
        return self.measure

    def tags(self) -> TagMeasure | None:
        return self.tag_measure


@dataclass(slots=True)
class MemoryIdempotencyStore:
    kept: dict[str, tuple[IdempotencyRecord, int]] = field(default_factory=dict)

    def open(self, key: str, proposed: IdempotencyRecord, now: int, kept_until: int) -> IdempotencyRecord:
        if key not in self.kept or self.kept[key][1] <= now:
            self.kept[key] = (proposed, kept_until)
        return self.kept[key][0]

    def lease(self, key: str, kept: IdempotencyRecord, until: int) -> bool:
        there, kept_until = self.kept[key]
        if there != kept:
            return False
        self.kept[key] = (replace(there, lease_until=until), kept_until)
        return True

    def close(self, key: str, kept: IdempotencyRecord, answer: dict[str, Any]) -> None:
        there, kept_until = self.kept[key]
        if there.work == kept.work:
            self.kept[key] = (replace(there, answer=answer), kept_until)

    def forget(self, key: str, kept: IdempotencyRecord) -> None:
        if key in self.kept and self.kept[key][0] == kept:
            del self.kept[key]


@dataclass(slots=True)
class MemoryTextCheckCache:
    """Each with the time (ms) until which it is kept."""

    kept: dict[str, tuple[TextCheckResult, int]] = field(default_factory=dict)

    def find(self, key: str, now: int) -> TextCheckResult | None:
        result, kept_until = self.kept.get(key, (None, 0))
        return result if kept_until > now else None

    def keep(self, key: str, result: TextCheckResult, kept_until: int) -> None:
        self.kept[key] = (result, kept_until)


@dataclass(slots=True)
class MemoryRefusalCounts:
    """By window of ten seconds. `doubted`: by openid and template."""

    kept: dict[int, RefusalCount] = field(default_factory=dict)
    doubted: dict[tuple[str, str], int] = field(default_factory=dict)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def add(self, refused: int, answered: int, now: int) -> None:
        with self.one_at_a_time:
            there = self.kept.get(now // 10_000, RefusalCount())
            self.kept[now // 10_000] = RefusalCount(there.refused + refused, there.answered + answered)

    def read(self, now: int) -> RefusalCount:
        counts = [self.kept.get(now // 10_000 - n, RefusalCount()) for n in (0, 1)]
        return RefusalCount(sum(c.refused for c in counts), sum(c.answered for c in counts))

    def doubted_since(self, openid: str, template_id: str, now: int) -> int:
        if self.doubted.get((openid, template_id), 0) < now - 24 * 60 * 60 * 1000:
            self.doubted[openid, template_id] = now
        return self.doubted[openid, template_id]


@dataclass(slots=True)
class MemoryTemplates:
    known: SyncedTemplates | None = None

    def read(self) -> SyncedTemplates | None:
        return self.known

    def keep(self, known: SyncedTemplates) -> None:
        self.known = known


@dataclass(slots=True)
class MemoryTargetStore:
    plan: SubscriptionTargets = field(default_factory=SubscriptionTargets)

    def read(self) -> SubscriptionTargets:
        return self.plan

    def keep(self, plan: SubscriptionTargets) -> None:
        self.plan = plan


@dataclass(slots=True)
class MemoryAudit:
    acts: list[Act] = field(default_factory=list)
    used_at: dict[str, int] = field(default_factory=dict)

    def add(self, act: Act) -> None:
        self.acts.append(act)

    def note_use(self, operator: str, at: int, unless_after: int) -> None:
        if self.used_at.get(operator, 0) <= unless_after:
            self.used_at[operator] = at


@dataclass(slots=True)
class MemoryProcessedEvents:
    keys: set[str] = field(default_factory=set)

    def has(self, key: str) -> bool:
        return key in self.keys

    def add(self, key: str, kept_until: int) -> bool:
        is_new = key not in self.keys
        self.keys.add(key)
        return is_new


@dataclass(slots=True)
class MemoryUsedNonces:
    bodies: dict[str, bytes] = field(default_factory=dict)

    def take(self, nonce: str, body: bytes, kept_until: int) -> bool:
        return self.bodies.setdefault(nonce, body) == body
