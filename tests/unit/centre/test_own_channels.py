"""Who names an address proves by a code that it is his, before anything else is sent there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from support.reminders import (
    MemoryChannelHealth,
    MemoryChannelRefusals,
    MemoryChannels,
    ScriptedChannel,
    rejected,
)
from support.sending import MemorySendingSwitch

from minipush.application.centre.circuit_breakers import pause_channel
from minipush.application.centre.failed_tries import FailedTries
from minipush.application.centre.own_channels import OwnChannels
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.domain.centre.breakers import Breaker, ChannelHealth, TryCounts
from minipush.domain.centre.channels import ChannelStatus, DeadReason, UserChannel
from minipush.domain.centre.errors import (
    AddressRefusedError,
    ChannelNotLinkedError,
    ChannelUnavailableError,
    TooManyCodesError,
    UnknownChannelError,
    WrongCodeError,
)
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind
from minipush.domain.sending import Sending
from minipush.domain.timestamps import HOUR_MS
from minipush.errors import SendingOffError

ME, YOU = "me", "you"
EMAIL, SMS, OFFICIAL = ChannelKind.EMAIL, ChannelKind.SMS, ChannelKind.OFFICIAL
MINE = "me@example.com"
START = 1_800_000_000_000


@dataclass
class CodeBox(ScriptedChannel):
    """Keeps the codes that went to each address."""

    codes: list[tuple[str, str]] = field(default_factory=list)

    async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> ReminderResult:
        result = await super().send_code(code, address, timeout)
        self.codes.append((address.text, code))
        return result


@dataclass
class Case:
    now: int = START
    linked: ChannelAddress | None = None

    def __post_init__(self) -> None:
        self.users = MemoryChannels()
        self.box = CodeBox(EMAIL)
        self.health = MemoryChannelHealth()
        self.refusals = MemoryChannelRefusals()
        self.switch = MemorySendingSwitch()
        self.own = OwnChannels(
            store=self.users,
            limits=self.users,
            channel=lambda _: self.box,
            read_address=read_address,
            find_linked=lambda *_: self.linked,
            health=self.health,
            failed_tries=FailedTries(self.refusals, lambda: self.now),
            key=lambda: b"a key",
            sending=SendingWatch(self.switch),
            clock=lambda: self.now,
        )

    def name(self, openid: str = ME, text: str = MINE) -> str:
        """The code that went out."""
        asyncio.run(self.own.set_address(openid, ChannelAddress(EMAIL, text)))
        return self.box.codes[-1][1]

    def status(self, openid: str = ME) -> ChannelStatus:
        [channel] = self.own.read_all(openid)
        return channel.status

    def test(self, openid: str = ME) -> UserChannel:
        return asyncio.run(self.own.test(openid, EMAIL, "minipush", "A test", "This is a test."))


def read_address(_: ChannelKind, text: str) -> str:
    if "@" not in text:
        raise ValueError("this is no mail address")
    return text.strip()


@pytest.fixture
def case() -> Case:
    return Case()


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def refused(check: Callable[[], object]) -> bool:
    try:
        check()
    except WrongCodeError:
        return True
    return False


def test_an_address_is_pending_until_its_code_comes_back(case: Case) -> None:
    code = case.name()
    assert case.status() is ChannelStatus.PENDING
    verified = case.own.verify(ME, EMAIL, code)
    assert (verified.status, verified.verified_at) == (ChannelStatus.VERIFIED, START)
    assert case.box.codes == [(MINE, code)]
    assert len(code) == 6


def test_a_code_is_not_stored(case: Case) -> None:
    code = case.name()
    [channel] = case.own.read_all(ME)
    assert channel.code
    assert code not in channel.code.digest


def test_a_wrong_code_verifies_nothing(case: Case) -> None:
    code = case.name()
    assert refused(lambda: case.own.verify(ME, EMAIL, other_than(code)))
    assert case.status() is ChannelStatus.PENDING
    assert case.own.verify(ME, EMAIL, code).status is ChannelStatus.VERIFIED


def test_after_five_wrong_codes_the_right_one_is_wrong(case: Case) -> None:
    code = case.name()
    for _ in range(5):
        assert refused(lambda: case.own.verify(ME, EMAIL, other_than(code)))
    assert refused(lambda: case.own.verify(ME, EMAIL, code))
    assert case.status() is ChannelStatus.PENDING


@pytest.mark.parametrize(("minutes", "is_refused"), [(9.99, False), (10, True), (11, True)])
def test_a_code_is_good_for_ten_minutes(case: Case, minutes: float, is_refused: bool) -> None:
    code = case.name()
    case.now += round(minutes * 60_000)
    assert refused(lambda: case.own.verify(ME, EMAIL, code)) is is_refused


def test_who_lost_the_answer_may_send_the_code_again(case: Case) -> None:
    code = case.name()
    for _ in range(4):
        assert refused(lambda: case.own.verify(ME, EMAIL, other_than(code)))
    verified = case.own.verify(ME, EMAIL, code)
    case.now += 60_000
    assert [case.own.verify(ME, EMAIL, code) for _ in range(6)] == [verified] * 6


def test_a_wrong_code_is_wrong_for_a_verified_channel_too(case: Case) -> None:
    code = case.name()
    case.own.verify(ME, EMAIL, code)
    assert refused(lambda: case.own.verify(ME, EMAIL, other_than(code)))
    assert case.status() is ChannelStatus.VERIFIED


def test_a_code_that_has_done_its_work_is_of_no_use_once_it_is_ten_minutes_old(case: Case) -> None:
    code = case.name()
    case.own.verify(ME, EMAIL, code)
    case.now += 10 * 60_000
    assert refused(lambda: case.own.verify(ME, EMAIL, code))


def test_a_code_does_not_bring_a_dead_address_back(case: Case) -> None:
    code = case.name()
    verified = case.own.verify(ME, EMAIL, code)
    case.users.kill(ME, verified.address, DeadReason.BOUNCED)
    assert refused(lambda: case.own.verify(ME, EMAIL, code))
    assert case.status() is ChannelStatus.DEAD


def test_another_user_s_code_is_wrong(case: Case) -> None:
    mine = case.name()
    yours = case.name(YOU, "you@example.com")
    assert mine == yours or refused(lambda: case.own.verify(ME, EMAIL, yours))
    assert mine == yours or refused(lambda: case.own.verify(YOU, EMAIL, mine))


def test_the_code_of_one_user_is_no_use_to_another_with_the_same_address(case: Case) -> None:
    mine = case.name()
    yours = case.name(YOU, MINE)
    assert mine == yours or refused(lambda: case.own.verify(YOU, EMAIL, mine))


def test_a_code_for_an_address_that_was_changed_since_is_wrong(case: Case) -> None:
    first = case.name()
    second = case.name(text="other@example.com")
    assert first == second or refused(lambda: case.own.verify(ME, EMAIL, first))
    assert case.own.verify(ME, EMAIL, second).address.text == "other@example.com"


def test_a_new_address_has_to_be_verified_again(case: Case) -> None:
    case.own.verify(ME, EMAIL, case.name())
    case.name(text="other@example.com")
    assert case.status() is ChannelStatus.PENDING


def test_a_hundred_requests_send_three_codes_to_one_address_in_an_hour(case: Case) -> None:
    retry = []
    for n in range(100):
        case.now += 1000
        try:
            case.name(f"user-{n}")
        except TooManyCodesError as error:
            retry.append(error.retry_seconds)
    assert len(case.box.codes) == 3
    assert retry[0] == 3600 - 3
    case.now = START + 1000 + HOUR_MS
    case.name("user-100")
    assert len(case.box.codes) == 4


def test_another_case_of_a_mail_address_is_the_same_address(case: Case) -> None:
    for text in ("me@example.com", "Me@example.com", "mE@example.com"):
        case.name(text=text)
    with pytest.raises(TooManyCodesError):
        case.name("user-2", "ME@example.com")


def test_one_user_gets_ten_codes_in_an_hour_for_all_addresses(case: Case) -> None:
    for n in range(10):
        case.name(text=f"{n}@example.com")
    with pytest.raises(TooManyCodesError):
        case.name(text="one-more@example.com")
    assert len(case.box.codes) == 10


def test_a_code_that_was_refused_for_the_limit_leaves_the_channel_as_it_was(case: Case) -> None:
    for _ in range(3):
        code = case.name()
    with pytest.raises(TooManyCodesError):
        case.name()
    assert case.own.verify(ME, EMAIL, code).status is ChannelStatus.VERIFIED


def test_a_text_that_is_no_address_gets_no_code(case: Case) -> None:
    with pytest.raises(AddressRefusedError, match="this is no mail address"):
        case.name(text="nothing")
    assert (case.box.codes, case.own.read_all(ME)) == ([], [])


@pytest.mark.parametrize(
    ("concerns", "problem"),
    [
        (Concerns.ADDRESS, AddressRefusedError),
        (Concerns.PROVIDER, ChannelUnavailableError),
        (Concerns.ACCOUNT, ChannelUnavailableError),
    ],
)
def test_a_provider_that_takes_no_code_is_told(
    case: Case, concerns: Concerns, problem: type[Exception]
) -> None:
    case.box.script = iter([rejected(concerns)])
    with pytest.raises(problem):
        case.name()
    assert case.status() is ChannelStatus.PENDING


def test_a_channel_inside_wechat_is_verified_at_once(case: Case) -> None:
    case.linked = ChannelAddress(OFFICIAL, "o-official")
    linked = case.own.link(ME, OFFICIAL)
    assert (linked.status, linked.address.text) == (ChannelStatus.VERIFIED, "o-official")
    assert case.box.codes == []


def test_a_channel_inside_wechat_that_reaches_nobody_is_refused(case: Case) -> None:
    with pytest.raises(ChannelNotLinkedError):
        case.own.link(ME, OFFICIAL)
    assert case.own.read_all(ME) == []


def test_a_verified_channel_can_be_tested(case: Case) -> None:
    case.own.verify(ME, EMAIL, case.name())
    assert case.test().status is ChannelStatus.VERIFIED
    assert [call.title for call in case.box.taken] == ["A test"]


def test_a_test_that_finds_the_address_dead_says_so(case: Case) -> None:
    case.own.verify(ME, EMAIL, case.name())
    case.box.script = iter([rejected(Concerns.ADDRESS)])
    assert case.test().status is ChannelStatus.DEAD


def test_a_channel_that_is_not_verified_cannot_be_tested(case: Case) -> None:
    case.name()
    with pytest.raises(UnknownChannelError):
        case.test()
    assert case.box.calls == []


def test_tests_count_as_codes(case: Case) -> None:
    case.own.verify(ME, EMAIL, case.name())
    case.test()
    case.test()
    with pytest.raises(TooManyCodesError):
        case.test()


def test_the_red_switch_stops_codes_and_tests_before_they_count(case: Case) -> None:
    code = case.name()
    case.switch.turn(Sending(enabled=False, reason="a flood of codes"))
    for _ in range(3):
        with pytest.raises(SendingOffError, match="a flood of codes"):
            case.name(text="other@example.com")
    assert case.own.verify(ME, EMAIL, code).address.text == MINE
    with pytest.raises(SendingOffError):
        case.test()
    assert (case.box.codes, case.box.calls) == ([(MINE, code)], [])
    case.switch.turn(Sending())
    case.test()
    assert len(case.box.calls) == 1


def test_a_pause_stops_codes_and_tests_before_they_count(case: Case) -> None:
    code = case.name()
    pause_channel(case.health, EMAIL, is_paused=True)
    for _ in range(3):
        with pytest.raises(ChannelUnavailableError):
            case.name(text="other@example.com")
    assert case.own.verify(ME, EMAIL, code).address.text == MINE
    with pytest.raises(ChannelUnavailableError):
        case.test()
    assert (case.box.codes, case.box.calls) == ([(MINE, code)], [])
    pause_channel(case.health, EMAIL, is_paused=False)
    case.test()
    assert len(case.box.calls) == 1


def test_an_open_breaker_does_not_keep_a_user_from_trying(case: Case) -> None:
    opened = Breaker().noted(TryCounts(30, 30), START)
    case.health.health[EMAIL] = ChannelHealth().with_breaker("email.example", opened)
    case.own.verify(ME, EMAIL, case.name())
    case.test()
    assert len(case.box.taken) == 1


def test_a_channel_that_was_removed_is_gone(case: Case) -> None:
    code = case.name()
    case.own.remove(ME, EMAIL)
    assert case.own.read_all(ME) == []
    with pytest.raises(UnknownChannelError):
        case.own.verify(ME, EMAIL, code)
