"""Texts that WeChat looks at before a campaign is made."""

from dataclasses import dataclass, field

import pytest
from support.http_app import FakeTextCheck
from support.memory import MemoryTextCheckCache

from minipush.adapters.wechat.text_check import WeChatTextCheck
from minipush.application.messages.check_text import RESULT_KEPT_MS, CheckTexts, TextCheckRequest, text_of
from minipush.channels import SUBSCRIBE_MESSAGE
from minipush.domain.message_errors import BlockedTextError, TextCheckOpenidError
from minipush.domain.messages import Message
from minipush.errors import WeChatUnavailableError
from minipush.wechat.errcodes import code_of
from minipush.wechat.errors import RefusedError
from minipush.wechat.text_check import Suggestion, TextVerdict

EDITOR = TextCheckRequest("o-editor")


def message(**values: str) -> Message:
    return Message(SUBSCRIBE_MESSAGE, "T1", data={key: {"value": value} for key, value in values.items()})


TEA = message(thing1="茶")


@dataclass
class World:
    now: int = 1_800_000_000_000
    wechat: FakeTextCheck = field(default_factory=FakeTextCheck)
    cache: MemoryTextCheckCache = field(default_factory=MemoryTextCheckCache)

    def __post_init__(self) -> None:
        self.check = CheckTexts(WeChatTextCheck(self.wechat.check), self.cache, lambda: self.now)


@pytest.fixture
def world() -> World:
    return World()


def test_a_text_that_passes_is_asked_about_once_in_a_week(world: World) -> None:
    for openid in ("o-editor", "o-another", "nobody who is active"):
        world.check(TEA, TextCheckRequest(openid))
    world.now += RESULT_KEPT_MS - 1
    world.check(TEA, EDITOR)
    assert world.wechat.asked == [("茶", "o-editor")]
    world.now += 1
    world.check(TEA, EDITOR)
    assert len(world.wechat.asked) == 2


def test_another_text_is_another_question(world: World) -> None:
    world.check(TEA, EDITOR)
    world.check(message(thing1="水"), EDITOR)
    assert [text for text, _ in world.wechat.asked] == ["茶", "水"]


def test_all_fields_are_one_text_in_the_same_order_however_they_come() -> None:
    assert text_of(message(b2="水", a1="茶", c3=" ", d4="19:30")) == "茶\n水\n19:30"
    assert text_of(message(d4="19:30", a1="茶", b2="水")) == "茶\n水\n19:30"


def test_what_says_nothing_needs_no_check(world: World) -> None:
    for nothing in (message(), message(thing1=" ", thing2="")):
        world.check(nothing, EDITOR)
    assert world.wechat.asked == []


def test_nothing_is_checked_unless_it_is_asked_for(world: World) -> None:
    world.check(TEA, None)
    assert world.wechat.asked == []


@pytest.mark.parametrize("reviewed", [False, True])
def test_a_risky_text_cannot_be_waved_through(world: World, reviewed: bool) -> None:
    world.wechat.verdict = TextVerdict(Suggestion.RISKY, 20006, ("赌场", "下注"))
    for _ in range(2):
        with pytest.raises(BlockedTextError, match="risky \\(crime: 赌场, 下注\\)"):
            world.check(TEA, TextCheckRequest("o-editor", reviewed))
    assert len(world.wechat.asked) == 1


def test_a_text_to_be_reviewed_goes_on_once_a_human_has_looked(world: World) -> None:
    world.wechat.verdict = TextVerdict(Suggestion.REVIEW, 10001)
    with pytest.raises(BlockedTextError, match=r'\(advertising\); "reviewed": true'):
        world.check(TEA, EDITOR)
    world.check(TEA, TextCheckRequest("o-editor", reviewed=True))
    assert len(world.wechat.asked) == 1


@pytest.mark.parametrize(
    ("errcode", "why"), [(61010, "two hours"), (40003, "nobody"), (43104, "another mini-program")]
)
def test_an_openid_that_wechat_checks_nothing_under_is_told_apart(
    world: World, errcode: int, why: str
) -> None:
    world.wechat.failure = RefusedError(code_of(errcode))
    with pytest.raises(TextCheckOpenidError, match=f"{why}.*{errcode}"):
        world.check(TEA, EDITOR)


@pytest.mark.parametrize("errcode", [61010, -1, 45009])
def test_what_was_not_answered_is_asked_again(world: World, errcode: int) -> None:
    world.wechat.failure = RefusedError(code_of(errcode))
    with pytest.raises((WeChatUnavailableError, TextCheckOpenidError)):
        world.check(TEA, EDITOR)
    world.wechat.failure = None
    world.check(TEA, EDITOR)
    assert len(world.wechat.asked) == 2
