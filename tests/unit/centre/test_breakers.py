"""A provider that does not answer is left alone for a while, by all workers."""

from dataclasses import dataclass, field

import pytest
from support.reminders import MemoryChannelHealth

from minipush.application.centre import circuit_breakers
from minipush.application.centre.circuit_breakers import CircuitBreakers, pause_channel
from minipush.domain.centre.breakers import (
    FIRST_PAUSE_MS,
    LONGEST_PAUSE_MS,
    MOST_HOSTS,
    Breaker,
    ChannelHealth,
    TryCounts,
)
from minipush.domain.centre.reminders import ChannelKind
from minipush.errors import StoreError

NOW = 1_800_000_000_000
BARK, HOST = ChannelKind.BARK, "api.day.app"


@pytest.mark.parametrize(
    ("tries", "bad", "is_open"), [(19, 19, False), (20, 10, False), (20, 11, True), (100, 51, True)]
)
def test_it_opens_when_most_of_twenty_tries_fail(tries: int, bad: int, is_open: bool) -> None:
    assert Breaker().noted(TryCounts(tries, bad), NOW).is_open(NOW) is is_open


def test_only_the_last_minute_counts() -> None:
    breaker = Breaker().noted(TryCounts(19, 19), NOW)
    assert breaker.noted(TryCounts(1, 1), NOW + 49_000).is_open(NOW + 49_000)
    assert not breaker.noted(TryCounts(1, 1), NOW + 70_000).is_open(NOW + 70_000)


def test_its_pauses_double_up_to_ten_minutes() -> None:
    breaker, now, pauses = Breaker(), NOW, []
    breaker = breaker.noted(TryCounts(20, 20), now)
    for _ in range(7):
        pauses.append(breaker.open_until - now)
        now = breaker.open_until
        breaker = breaker.with_probe(now).noted(TryCounts(1, 1), now)
    assert pauses == [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, LONGEST_PAUSE_MS]


def test_a_probe_that_is_answered_closes_it() -> None:
    breaker = Breaker().noted(TryCounts(20, 20), NOW)
    later = NOW + FIRST_PAUSE_MS
    closed = breaker.with_probe(later).noted(TryCounts(1, 0), later)
    assert closed.is_closed
    assert not closed.is_open(later)


def test_what_was_sent_before_it_opened_does_not_close_it() -> None:
    breaker = Breaker().noted(TryCounts(20, 20), NOW)
    later = breaker.noted(TryCounts(5, 0), NOW + 1)
    assert (later.open_until, later.opened) == (breaker.open_until, 1)


def test_an_open_one_still_tells_of_the_last_minute() -> None:
    breaker = Breaker().noted(TryCounts(30, 29), NOW)
    later = breaker.noted(TryCounts(5, 4), NOW + 20_000)
    assert later.recent(NOW + 20_000) == TryCounts(35, 33)
    probed = later.noted(TryCounts(1, 1), NOW + 40_000)
    assert probed.recent(NOW + 40_000) == TryCounts(36, 34)
    assert probed.recent(NOW + 70_000) == TryCounts(6, 5)


def test_what_was_bad_before_it_closed_does_not_open_it_again() -> None:
    later = NOW + FIRST_PAUSE_MS
    closed = Breaker().noted(TryCounts(20, 20), NOW).noted(TryCounts(1, 0), later)
    assert closed.noted(TryCounts(19, 10), later + 1).is_closed
    assert not closed.noted(TryCounts(19, 11), later + 1).is_closed


def test_hosts_that_were_quiet_for_longest_make_room() -> None:
    health = ChannelHealth()
    for n in range(MOST_HOSTS + 1):
        health = health.with_breaker(f"host-{n}", Breaker())
    assert len(health.breakers) == MOST_HOSTS
    assert "host-0" not in health.breakers


# ---- among processes


@dataclass
class Processes:
    """Two that share a store."""

    now: int = NOW
    store: MemoryChannelHealth = field(default_factory=MemoryChannelHealth)

    def __post_init__(self) -> None:
        self.first, self.second = (CircuitBreakers(self.store, lambda: self.now) for _ in range(2))

    def open(self) -> None:
        for _ in range(20):
            self.first.note(BARK, HOST, is_bad=True)
        self.first.report()


@pytest.fixture
def processes() -> Processes:
    return Processes()


def test_all_processes_leave_a_host_alone(processes: Processes) -> None:
    assert not processes.second.is_barred(BARK, HOST)
    processes.open()
    processes.now += circuit_breakers.FRESH_MS
    assert processes.first.is_barred(BARK, HOST)
    assert processes.second.is_barred(BARK, HOST)
    assert not processes.second.is_barred(BARK, "another.example")
    assert not processes.second.is_barred(ChannelKind.EMAIL, HOST)


def test_what_several_processes_see_adds_up(processes: Processes) -> None:
    for process in (processes.first, processes.second):
        for _ in range(10):
            process.note(BARK, HOST, is_bad=True)
        process.report()
    assert processes.first.is_barred(BARK, HOST) or processes.second.is_barred(BARK, HOST)


def test_one_process_tries_whether_the_host_is_back(processes: Processes) -> None:
    processes.open()
    processes.now += FIRST_PAUSE_MS
    assert [process.enter(BARK, HOST) for process in (processes.first, processes.second)] == [True, False]
    processes.first.note(BARK, HOST, is_bad=False)
    processes.first.report()
    processes.now += circuit_breakers.FRESH_MS
    assert not processes.second.is_barred(BARK, HOST)


def test_a_probe_that_is_never_reported_gives_way_to_another(processes: Processes) -> None:
    processes.open()
    processes.now += FIRST_PAUSE_MS
    assert processes.first.enter(BARK, HOST)
    processes.now += 30_000
    assert processes.second.enter(BARK, HOST)


def test_a_provider_that_answers_costs_one_write_a_minute(processes: Processes) -> None:
    for _ in range(120):
        processes.first.note(BARK, HOST, is_bad=False)
        processes.first.report()
        processes.now += 1_000
    assert processes.store.writes == 1
    assert processes.store.read(BARK).breaker(HOST).recent(NOW + 60_000) == TryCounts(61, 0)


def test_an_operator_s_pause_bars_every_host_of_the_kind(processes: Processes) -> None:
    pause_channel(processes.store, BARK, is_paused=True)
    assert processes.first.is_barred(BARK, HOST)
    assert not processes.first.is_barred(ChannelKind.SMS, HOST)


def test_without_their_store_breakers_are_closed() -> None:
    class Gone:
        def read(self, kind: ChannelKind) -> ChannelHealth:
            raise StoreError

        def save(self, kind: ChannelKind, before: ChannelHealth, after: ChannelHealth) -> bool:
            raise StoreError

    breakers = CircuitBreakers(Gone(), lambda: NOW)
    assert not breakers.is_barred(BARK, HOST)
    breakers.note(BARK, HOST, is_bad=True)
    breakers.report()


def test_a_state_that_others_change_all_the_time_is_a_store_error() -> None:
    class Contended(MemoryChannelHealth):
        def save(self, kind: ChannelKind, before: ChannelHealth, after: ChannelHealth) -> bool:
            return False

    with pytest.raises(StoreError):
        pause_channel(Contended(), BARK, is_paused=True)


def test_a_host_that_is_left_alone_is_logged(processes: Processes, caplog: pytest.LogCaptureFixture) -> None:
    processes.first.note(BARK, HOST, is_bad=True)
    processes.first.report()
    assert caplog.text == ""
    processes.open()
    [line] = [vars(record) for record in caplog.records]
    assert line["message"] == "a channel's provider does not answer"
    assert (line["kind"], line["host"]) == (BARK, HOST)
