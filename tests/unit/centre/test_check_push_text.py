"""Texts of apps' pushes: nobody sees one that WeChat has not passed."""

from dataclasses import dataclass, field, replace

import pytest
from support.http_app import FakeTextCheck
from support.memory import MemoryTextCheckCache
from support.sample_apps import app as sample_app

from minipush.adapters.wechat.circuit_breaker import FAILURES, CircuitBreaker
from minipush.adapters.wechat.text_check import SparingTextCheck, WeChatTextCheck
from minipush.application.centre.check_push_text import (
    CHECKS_A_PAGE,
    CheckInboxTexts,
    CheckPushText,
    TextCheckUnder,
    text_of,
)
from minipush.application.messages.check_text import RESULT_KEPT_MS, TextChecks
from minipush.domain.centre.apps import App
from minipush.domain.centre.inbox import Content, InboxMessage, Sender, SenderKind, TextCheck
from minipush.domain.timestamps import HOUR_MS
from minipush.wechat.errcodes import code_of
from minipush.wechat.errors import RefusedError
from minipush.wechat.text_check import Suggestion, TextVerdict

APP = sample_app(appid="wx-app", owner_openid="o-owner")
TEA = Content(title="茶", body="好了")
RISKY = TextVerdict(Suggestion.RISKY, 20006, ("赌场",))


@dataclass
class World:
    now: int = 1_800_000_000_000
    owner_seen: int | None = 1_800_000_000_000
    under: TextCheckUnder = TextCheckUnder.OWNER
    wechat: FakeTextCheck = field(default_factory=FakeTextCheck)
    blocked: list[str] = field(default_factory=list)
    kept: list[InboxMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        breaker = CircuitBreaker(lambda: self.now)
        checker = SparingTextCheck(WeChatTextCheck(self.wechat.check), breaker)
        self.checks = TextChecks(checker, MemoryTextCheckCache(), lambda: self.now)
        self.open_inbox = CheckInboxTexts(lambda: self.checks, self.blocked.append, self.kept.append)

    def push(self, content: Content = TEA, app: App = APP) -> TextCheck:
        check = CheckPushText(
            self.checks, lambda _: self.owner_seen, self.blocked.append, lambda: self.now, self.under
        )
        return check(app, content)

    @property
    def asked(self) -> list[str]:
        return [openid for _, openid in self.wechat.asked]


@pytest.fixture
def world() -> World:
    return World()


def waiting(number: int = 0, title: str | None = None) -> InboxMessage:
    return InboxMessage(
        id=f"{number:032}",
        openid="o-reader",
        at=1,
        sender=Sender(SenderKind.APP, "wx-app", "Shop"),
        content=Content(title=f"text {number}" if title is None else title),
        text_check=TextCheck.PENDING,
        until=2,
    )


def test_a_push_is_checked_under_the_owners_openid_once_a_week(world: World) -> None:
    assert [world.push(), world.push()] == [TextCheck.PASSED] * 2
    assert world.asked == ["o-owner"]
    world.now += RESULT_KEPT_MS
    world.owner_seen = world.now
    world.push()
    assert len(world.asked) == 2


@pytest.mark.parametrize("seen", [None, 1_800_000_000_000 - 2 * HOUR_MS])
def test_where_the_owner_has_not_logged_in_for_two_hours_the_text_waits(
    world: World, seen: int | None
) -> None:
    world.owner_seen = seen
    assert world.push() is TextCheck.PENDING
    assert world.asked == []


def test_without_an_owner_the_text_waits(world: World) -> None:
    assert world.push(app=sample_app(appid="wx-app")) is TextCheck.PENDING
    assert world.asked == []


def test_under_the_reader_the_owner_is_not_asked_for(world: World) -> None:
    world.under = TextCheckUnder.READER
    assert world.push() is TextCheck.PENDING
    assert world.asked == []


def test_a_known_text_needs_nobody(world: World) -> None:
    world.push()
    world.owner_seen = None
    assert world.push() is TextCheck.PASSED


def test_risky_text_is_blocked_and_counts_against_the_app_each_time(world: World) -> None:
    world.wechat.verdict = RISKY
    assert [world.push(), world.push()] == [TextCheck.BLOCKED] * 2
    assert world.blocked == ["wx-app", "wx-app"]
    assert len(world.asked) == 1


def test_what_a_human_should_look_at_is_blocked_and_counts_against_nobody(world: World) -> None:
    world.wechat.verdict = TextVerdict(Suggestion.REVIEW, 10001)
    assert world.push() is TextCheck.BLOCKED
    assert world.blocked == []


@pytest.mark.parametrize("errcode", [61010, 40003, -1, 45011])
def test_a_text_that_wechat_does_not_check_now_waits(world: World, errcode: int) -> None:
    world.wechat.failure = RefusedError(code_of(errcode))
    assert world.push() is TextCheck.PENDING


def test_while_wechat_is_down_pushes_do_not_wait_for_it(world: World) -> None:
    world.wechat.failure = RefusedError(code_of(-1))
    for number in range(10):
        world.push(Content(title=f"text {number}"))
    assert len(world.asked) == FAILURES


def test_a_push_without_text_needs_no_check(world: World) -> None:
    assert world.push(Content(title=" ")) is TextCheck.PASSED
    assert world.asked == []


@pytest.mark.parametrize(
    "content",
    [
        Content(title="我赌场你"),
        Content(body="我赌场你"),
        Content(markdown="# 我赌场你"),
        Content(copy="赌场"),
        Content(group="赌场"),
        Content(title="去赌", body="场吧"),
        Content(title="去赌", body="b", markdown="场吧"),
        Content(body="去赌", copy="场"),
        Content(body="去赌", url="场"),
        Content(markdown="去赌", copy="场"),
        Content(url="https://a.example/赌场"),
        Content(url="https://a.example/%E8%B5%8C%E5%9C%BA"),
        Content(url="https://a.example/%E8%B5%8C场"),
        Content(page="pages/赌场"),
    ],
)
def test_a_word_is_seen_wherever_it_is_and_however_it_is_split(content: Content) -> None:
    assert "赌场" in text_of(content)


def test_a_text_that_waits_is_checked_under_its_readers_openid(world: World) -> None:
    [shown] = world.open_inbox("o-reader", [waiting()])
    assert shown == replace(waiting(), text_check=TextCheck.PASSED)
    assert world.kept == [shown]
    assert world.asked == ["o-reader"]


def test_risky_text_that_waits_is_blocked_before_it_is_shown_and_counts(world: World) -> None:
    world.wechat.verdict = RISKY
    [shown] = world.open_inbox("o-reader", [waiting()])
    assert shown.text_check is TextCheck.BLOCKED
    assert world.blocked == ["wx-app"]


def test_the_same_text_is_asked_about_once(world: World) -> None:
    same = [waiting(number, "same") for number in range(30)]
    assert {one.text_check for one in world.open_inbox("o-reader", same)} == {TextCheck.PASSED}
    assert len(world.asked) == 1


def test_so_many_texts_of_a_page_are_checked_and_the_others_at_the_next_opening(world: World) -> None:
    page = [waiting(number) for number in range(CHECKS_A_PAGE + 5)]
    shown = world.open_inbox("o-reader", page)
    assert sum(one.text_check is TextCheck.PENDING for one in shown) == 5
    again = world.open_inbox("o-reader", shown)
    assert {one.text_check for one in again} == {TextCheck.PASSED}


def test_when_wechat_is_down_the_page_comes_after_one_try_and_nothing_is_shown(world: World) -> None:
    world.wechat.failure = RefusedError(code_of(-1))
    page = [waiting(number) for number in range(5)]
    assert world.open_inbox("o-reader", page) == page
    assert len(world.asked) == 1
    assert world.kept == []


def test_what_needs_no_check_is_left_alone(world: World) -> None:
    done = [
        replace(waiting(), text_check=TextCheck.NOT_NEEDED),
        replace(waiting(), text_check=TextCheck.BLOCKED),
        replace(waiting(), is_deleted=True),
    ]
    assert world.open_inbox("o-reader", done) == done
    assert world.asked == []
