"""The demo's verdict: two sets of books, and what it says when they differ."""

import io
import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any, Self

import pytest

from local.demo import __main__ as demo
from local.demo import campaign, progress
from local.demo.back_end import CAMPAIGN, DIRECT, SUBSCRIPTION
from local.demo.crowd import HABITS, CollectResult, User
from local.demo.report import Books, agree, table
from local.demo.subscribers import MANNERS, SubscriptionBooks, take_manners
from local.stack import Settings

SENT, UNKNOWN = {"status": "sent"}, {"status": "unknown"}
DEAD = {"status": "failed", "reason": "no_permit"}


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def message(openid: str, permit: str = "form", template_id: str = DIRECT) -> dict[str, str]:
    return {"openid": openid, "permit": permit, "template_id": template_id}


TO_ALL = message("bo", "pay", CAMPAIGN)
DIRECTLY = [message("anna"), message("bo", "pay"), message("di")]


def books(**changes: Any) -> Books:
    """Anna's one formId and two of Bo's three pay sends are spent, Cai's formId is too old, Di's answer
    was lost after WeChat took the message.
    """
    form_ids = {"live": 0, "expired": 1, "spent": 2}
    good: dict[str, Any] = {
        "collected": CollectResult(sends=6, stored=4, rejected=Counter(mock_form_id=1)),
        "direct": {"anna": SENT, "bo": SENT, "cai": DEAD, "di": UNKNOWN},
        "campaign": {"bo": SENT},
        "left": 1,
        "summary": {"users": 4, "form_ids": form_ids, "prepay_ids": {"live": 1, "expired": 0, "spent": 0}},
        "messages": [*DIRECTLY, TO_ALL],
    }
    return Books(**good | changes)


def test_two_sets_of_books_that_tell_the_same_agree() -> None:
    lines = books().lines()
    assert agree(lines), table(lines)
    assert "disagree" not in table(lines)


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"messages": [message("anna"), message("di"), TO_ALL]}, "  sent"),
        ({"messages": DIRECTLY}, "  sent"),
        ({"messages": [*DIRECTLY, message("anna"), TO_ALL]}, "  users reached more than once"),
        ({"messages": [*DIRECTLY, TO_ALL, TO_ALL]}, "  users reached more than once"),
        ({"messages": [*DIRECTLY, message("cai"), TO_ALL]}, "  taken by WeChat, but not for anybody above"),
        (
            {"messages": [*DIRECTLY, TO_ALL, message("anna", template_id=CAMPAIGN)]},
            "  taken by WeChat, but not for anybody above",
        ),
        ({"left": 0}, "  left in the pool"),
        ({"left": 0}, "  dead: WeChat refused them"),
        ({"collected": CollectResult(sends=6, stored=3)}, "  ids collected"),
        ({"direct": {"anna": SENT, "bo": SENT, "di": UNKNOWN}, "messages": [TO_ALL]}, "users"),
    ],
)
def test_a_number_that_differs_is_pointed_at(changes: dict[str, Any], label: str) -> None:
    lines = books(**changes).lines()
    assert not agree(lines)
    assert label in [line.label for line in lines if not line.agrees]
    rows = [row for row in table(lines).splitlines() if row.startswith(f"{label}  ")]
    assert any(row.endswith("they disagree") for row in rows)


def subscribed(openid: str, undelivered: int | None = None) -> dict[str, Any]:
    return {"openid": openid, "template_id": SUBSCRIPTION, "undelivered": undelivered}


FAILED_LATER = {"status": "failed", "reason": "wechat_unavailable"}
DELIVERED = [subscribed("anna"), subscribed("di")]


def subscription_books(**changes: Any) -> SubscriptionBooks:
    """Anna accepted twice, Bo, Di and Eve once, and Eve turned it off. Bo's message was not delivered in the
    end, and the answer to Di's was lost.
    """
    good: dict[str, Any] = {
        "stored": 5,
        "results": {"anna": SENT, "bo": SENT, "di": UNKNOWN},
        "left": 1,
        "summary": {"subscriptions": {"once": 1, "long": 0}, "choices": {"accepted": 5, "voided": 1}},
        "messages": [*DELIVERED, subscribed("bo", -1)],
        "events": {"delivered": 9, "given_up": 0, "dropped": 0, "waiting": 0},
    }
    return SubscriptionBooks(**good | changes)


@pytest.mark.parametrize("later", [SENT, FAILED_LATER], ids=["still sent", "failed by now"])
def test_a_message_that_failed_later_agrees_however_it_is_counted(later: dict[str, str]) -> None:
    lines = subscription_books(results={"anna": SENT, "bo": later, "di": UNKNOWN}).lines()
    assert agree(lines), table(lines)
    assert {line.label: line.theirs for line in lines}["  taken, and not delivered in the end"] == 1


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"messages": DELIVERED}, "  sent"),
        ({"messages": DELIVERED}, "  spent"),
        ({"messages": [*DELIVERED, subscribed("bo"), subscribed("bo")]}, "  users reached more than once"),
        (
            {"messages": [*DELIVERED, subscribed("bo"), subscribed("eve")]},
            "  taken by WeChat, but not for anybody above",
        ),
        (
            {"results": {"anna": SENT, "bo": FAILED_LATER, "di": UNKNOWN}, "messages": DELIVERED},
            "  void: turned off in the settings",
        ),
        ({"stored": 4}, "  accepts collected"),
        ({"left": 2}, "  left in the pool"),
        ({"left": 2}, "  void: turned off in the settings"),
        ({"events": {"given_up": 1, "dropped": 0}}, "  events that WeChat pushed in vain"),
    ],
)
def test_a_number_of_the_subscriptions_that_differs_is_pointed_at(
    changes: dict[str, Any], label: str
) -> None:
    lines = subscription_books(**changes).lines()
    assert label in [line.label for line in lines if not line.agrees]


def test_a_small_crowd_of_subscribers_has_a_bit_of_everything() -> None:
    manners = take_manners([User(f"o-{n}", HABITS[0]) for n in range(len(MANNERS))])
    assert set(manners.values()) == set(MANNERS)


class BackEnd:
    """Its campaign is half-way at the first look, and over at the second."""

    def __init__(self, recipients: list[dict[str, str]]) -> None:
        self.told = recipients
        self.looks = 0

    def make_campaign(self, _message: dict[str, Any], _max_per_second: int) -> str:
        return "c-1"

    def campaign(self, _id: str) -> dict[str, Any]:
        self.looks += 1
        counts = {"sent": min(self.looks, 2), "failed": 0, "skipped": 0, "unknown": 0}
        return {"status": "running" if self.looks == 1 else "completed", "counts": counts}

    def recipients(self, _id: str) -> Iterator[dict[str, str]]:
        yield from self.told


class Control:
    def summary(self) -> dict[str, Any]:
        self.taken = getattr(self, "taken", -1) + 1
        return {"taken": self.taken, "errcodes": {}}

    def settle(self, _seconds: float) -> None:
        self.settled = True


ANNA, BO = ({"openid": openid, "status": "sent"} for openid in ("anna", "bo"))


def run_campaign(recipients: list[dict[str, str]], workers: int | None = 4) -> dict[str, Any]:
    """`workers`: None where none is to be killed."""
    back_end: Any = BackEnd(recipients)
    control: Any = Control()
    kill = None if workers is None else (lambda: workers)
    shown = progress.Progress(io.StringIO())
    return campaign.Campaign(back_end, control, shown, {"type": "template"}, 15, kill).run(2)


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "LOOK_EVERY", 0)


@pytest.mark.usefixtures("no_pause")
@pytest.mark.parametrize("workers", [4, None])
def test_a_campaign_tells_what_became_of_each(workers: int | None) -> None:
    assert run_campaign([ANNA, BO], workers) == {"anna": ANNA, "bo": BO}


@pytest.mark.usefixtures("no_pause")
@pytest.mark.parametrize(
    ("recipients", "workers", "why"),
    [
        ([ANNA], 4, "the campaign counts"),
        ([ANNA, ANNA], 4, "2 lines tell of 1"),
        ([ANNA, BO | {"status": "unknown"}], 4, "the campaign counts"),
        ([ANNA, BO], 0, "no worker was found"),
    ],
)
def test_a_campaign_that_says_two_things_ends_the_demo(
    recipients: list[dict[str, str]], workers: int, why: str
) -> None:
    with pytest.raises(campaign.CampaignError, match=why):
        run_campaign(recipients, workers)


class NoStack:
    def __init__(self, _settings: Settings, say: Any) -> None:
        self.wechat_url = self.api_url = "http://127.0.0.1:1"
        self.operator_key = "a key"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("agreed", "status"), [(True, 0), (False, 1)])
def test_the_demo_fails_when_the_books_differ(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], agreed: bool, status: int
) -> None:
    monkeypatch.setattr(demo, "Stack", NoStack)
    monkeypatch.setattr(demo.Demo, "run", lambda *_: agreed)
    monkeypatch.delenv("USERS", raising=False)
    assert demo.main() == status
    assert ("DISAGREE" in capsys.readouterr().out) is not agreed


@pytest.mark.parametrize("users", ["none", "0", "-1"])
def test_a_crowd_that_is_none_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], users: str
) -> None:
    monkeypatch.setattr(demo, "Stack", None)
    monkeypatch.setenv("USERS", users)
    assert demo.main() == 1
    assert f"USERS={users}" in capsys.readouterr().out


def test_on_a_terminal_one_line_rewrites_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(progress, "EVERY_ON_A_TERMINAL", 0)
    terminal = Terminal()
    with progress.Progress(terminal).step("sent", 2) as step:
        step.tick()
        step.tick()
    assert terminal.getvalue().startswith("\r\x1b[Ksent  1 of 2\r\x1b[Ksent  2 of 2")
    assert terminal.getvalue().count("\n") == 1


def test_on_a_pipe_a_line_comes_now_and_then() -> None:
    pipe = io.StringIO()
    with progress.Progress(pipe).step("sent", 1000) as step:
        for _ in range(1000):
            step.tick()
    assert len(pipe.getvalue().splitlines()) == 1
