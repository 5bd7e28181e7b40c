"""The official account's worker: follows, late failures, and what fails."""

from dataclasses import dataclass, field

import pytest
from support.followers import MemoryFollowers
from support.memory import MemoryProcessedEvents

from minipush.application.followers.handle_official_event import HandleOfficialEvent
from minipush.application.followers.work import DoOfficialWork, OfficialWork
from minipush.domain.deliveries import ReportedFailure
from minipush.domain.followers import FollowChanged, FollowStep, KnownFollower, OfficialEvent, SendFailed
from minipush.domain.messages import Reason, Status
from minipush.domain.permit_kinds import FOLLOW
from minipush.domain.statistics import Activity
from minipush.errors import StoreError, WeChatUnavailableError

FAILED = SendFailed("o-ada", "7", "failed:user block", 1_800_000_000)


@dataclass
class Case:
    """`before`: the status that the failed message had; None if minipush didn't send it. `is_reminder`: the centre sent it."""

    before: Status | None = Status.SENT
    is_reminder: bool = False
    error: Exception | None = None
    store: MemoryFollowers = field(default_factory=MemoryFollowers)
    mapped: list[tuple[str, FollowChanged | None]] = field(default_factory=list)
    failures: list[ReportedFailure] = field(default_factory=list)
    recorded: list[Activity] = field(default_factory=list)
    blocked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store.keep(KnownFollower(openid="o-ada", unionid="u", follows=True, version=1), 0)
        self.store.join_user("u", "ada")
        self.handle = HandleOfficialEvent(
            self._map,  # type: ignore[arg-type]  # a function in its place
            self.store,
            MemoryProcessedEvents(),
            lambda _: self.is_reminder,
            lambda openid, there: self.blocked.append((openid, there)),
            self._record_failure,
            self.recorded.append,
            lambda: 1_800_000_000_000,
        )

    def _map(self, openid: str, change: FollowChanged | None = None) -> bool:
        if self.error:
            raise self.error
        self.mapped.append((openid, change))
        return True

    def _record_failure(self, failure: ReportedFailure) -> Status | None:
        if self.error:
            raise self.error
        self.failures.append(failure)
        return self.before


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_follow_has_wechat_asked(case: Case) -> None:
    event = FollowChanged("o-ada", FollowStep.FOLLOWED, 1)
    case.handle(event)
    assert case.mapped == [("o-ada", event)]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("failed:user block", Reason.REFUSED),
        ("failed: user block", Reason.REFUSED),
        ("failed:freq limit", Reason.REFUSED),
        ("failed: system failed", Reason.WECHAT_UNAVAILABLE),
        ("", Reason.WECHAT_UNAVAILABLE),
    ],
)
def test_a_failure_is_told_of_the_user_of_the_mini_program(case: Case, status: str, reason: Reason) -> None:
    case.handle(SendFailed("o-ada", "7", status, 5))
    [failure] = case.failures
    assert (failure.openid, failure.msgid, failure.permit_kind) == ("ada", "7", FOLLOW)
    assert (failure.reason, failure.at) == (reason, 5000)


@pytest.mark.parametrize(
    ("status", "blocked"),
    [
        ("failed:user block", [("ada", "o-ada")]),
        ("failed:freq limit", []),
        ("failed: system failed", []),
    ],
)
def test_no_reminder_goes_to_a_follower_who_has_blocked_the_account(
    case: Case, status: str, blocked: list[tuple[str, str]]
) -> None:
    case.handle(SendFailed("o-ada", "7", status, 5))
    assert case.blocked == blocked


def test_a_failure_counts_once_however_often_it_is_told(case: Case) -> None:
    case.handle(FAILED)
    case.handle(FAILED)
    assert (len(case.failures), len(case.recorded)) == (1, 1)


def test_what_failed_is_done_by_the_repeat(case: Case) -> None:
    case.error = StoreError("the table is busy")
    with pytest.raises(StoreError):
        case.handle(FAILED)
    case.error = None
    case.handle(FAILED)
    assert len(case.recorded) == 1


def test_a_message_of_another_system_counts_for_nothing(case: Case) -> None:
    case.before = None
    case.handle(FAILED)
    assert case.recorded == []


def test_no_other_message_is_taken_for_a_reminder_that_failed(case: Case) -> None:
    case.is_reminder = True
    case.handle(FAILED)
    assert (case.failures, case.recorded) == ([], [])


def test_of_a_stranger_nothing_is_recorded(case: Case) -> None:
    case.handle(SendFailed("o-stranger", "7", "failed:user block", 5))
    assert case.failures == []


def test_one_failing_message_leaves_the_others_alone(case: Case) -> None:
    hidden: list[str] = []
    follow = FollowChanged("o-ada", FollowStep.FOLLOWED, 1)

    class Sync:
        def __call__(self, *_: object) -> None:
            raise WeChatUnavailableError("WeChat is busy", cause="busy")

    def work(id_: str, what: OfficialEvent | str) -> OfficialWork:
        return OfficialWork(id_, what, lambda: hidden.append(id_))

    do = DoOfficialWork(case.handle, Sync())  # type: ignore[arg-type]
    assert do([work("sync", "s"), work("follow", follow)], 0) == ["sync"]
    assert case.mapped == [("o-ada", follow)]
    assert sorted(hidden) == ["follow", "sync"]
