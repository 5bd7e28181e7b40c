"""What workers rely on: visibility timeouts, redelivery, concurrency and the dead-letter queue."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.recorded import MappedQueue, Recorder, until
from support.running import MakeRun

from local.stack.aws import Aws

pytestmark = pytest.mark.e2e

# How late a message may come back on a machine that runs other tests too: far from any other timeout in these tests.
LATE = 15.0


@pytest.fixture
def queue(recorder: Recorder) -> Iterator[MappedQueue]:
    with MappedQueue(recorder) as queue:
        yield queue


def test_a_message_reaches_a_worker_within_a_second(queue: MappedQueue) -> None:
    """One of ten does: beside other tests, this machine may hold up any of them."""
    queue.put()
    delays = [math.inf]
    for number in range(1, 11):
        queue.endings(number)
        sent = queue.put()
        delays.append(queue.beginnings(number + 1)[number]["began"] - sent)
        if min(delays) < 1:
            break
    assert min(delays) < 1


def test_a_message_that_is_done_is_gone(queue: MappedQueue) -> None:
    queue.put()
    assert queue.endings(1)
    assert until(queue.held, lambda held: held == 0) == 0


def test_a_killed_worker_s_message_comes_back_when_the_worker_said(queue: MappedQueue) -> None:
    """The queue's own visibility timeout is five minutes."""
    queue.put(deaths=1, visibility=[2])
    first, second = queue.beginnings(2)
    assert [first["times"], second["times"]] == [1, 2]
    assert 1.9 < second["began"] - first["began"] < 2 + LATE


def test_what_the_worker_said_last_holds(queue: MappedQueue) -> None:
    queue.put(deaths=1, visibility=[1, 120, 3])
    first, second = queue.beginnings(2)
    assert 2.9 < second["began"] - first["began"] < 3 + LATE


def test_a_message_reported_as_failed_comes_back(queue: MappedQueue) -> None:
    queue.put(failures=1, visibility=[1])
    assert [note["times"] for note in queue.endings(2)] == [1, 2]
    assert until(queue.held, lambda held: held == 0) == 0


def test_a_message_outlives_its_visibility_in_a_second_worker(queue: MappedQueue) -> None:
    """So two workers may run one segment at a time."""
    queue.put(seconds=6, visibility=[1])
    assert [note["times"] for note in queue.beginnings(2)] == [1, 2]
    assert queue.endings(1)[0]["ended"] > queue.beginnings(2)[1]["began"]


def test_no_more_workers_than_the_mapping_allows(queue: MappedQueue) -> None:
    for _ in range(6):
        queue.put(seconds=1)
    ended = [note["ended"] for note in queue.endings(6)]
    began = [note["began"] for note in queue.beginnings(6)]
    at_once = [sum(b <= instant for b in began) - sum(e <= instant for e in ended) for instant in began]
    assert max(at_once) == 2


def test_a_message_that_kills_every_worker_ends_as_a_dead_letter(recorder: Recorder) -> None:
    with MappedQueue(recorder, receives=2) as queue:
        queue.put(deaths=9, visibility=[0])
        assert until(lambda: queue.held(queue.dead_letters), lambda held: held == 1) == 1
        assert queue.held() == 0
        assert len(queue.beginnings(2)) == 2


def test_no_message_is_lost_among_many(queue: MappedQueue) -> None:
    with ThreadPoolExecutor(4) as senders:
        sent = sum(senders.map(queue.put_many, [20] * 4))
    assert len(queue.endings(sent)) == sent


def test_the_deployed_queue_is_polled_for_as_many_workers_as_its_parameter_says(run: MakeRun) -> None:
    aws = Aws(run.aws_url)
    [mapping] = aws.resources("AWS::Lambda::EventSourceMapping").values()
    found = aws.client("lambda").get_event_source_mapping(UUID=mapping)
    assert (found["State"], found["ScalingConfig"]) == ("Enabled", {"MaximumConcurrency": 4})
