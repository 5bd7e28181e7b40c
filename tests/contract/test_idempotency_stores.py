"""Answers kept for Idempotency-Keys: in memory and in DynamoDB alike."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.memory import MemoryIdempotencyStore
from support.tables import create_tables

from minipush.adapters.dynamodb.state.idempotency import DynamoIdempotencyStore
from minipush.application.idempotency import RECORD_KEPT_MS, Idempotency
from minipush.application.ports.idempotency import IdempotencyRecord, IdempotencyStore
from minipush.errors import (
    IdempotencyKeyReusedError,
    RejectedRequestError,
    RequestInProgressError,
    StoreError,
)

NOW = 1_800_000_000_000
LEASE = 29_000
ANSWER = {"results": [{"openid": "ada", "n": 1, "text": "你好"}]}


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest) -> IdempotencyStore:
    if request.param == "memory":
        return MemoryIdempotencyStore()
    dynamodb = request.getfixturevalue("dynamodb")
    return DynamoIdempotencyStore(dynamodb, create_tables(dynamodb)[1])


class Caller:
    def __init__(self, store: IdempotencyStore) -> None:
        self.now = NOW
        self.works: list[str] = []
        self.once = Idempotency(store, lambda: self.now)

    def ask(
        self, key: str = "k", body: Any = "body", work: Callable[[str], dict[str, Any]] | None = None
    ) -> dict[str, Any]:
        return self.once(key, body, LEASE, work or self.do)

    def do(self, work: str) -> dict[str, Any]:
        self.works.append(work)
        return ANSWER

    def die(self, work: str) -> dict[str, Any]:
        self.works.append(work)
        raise SystemExit


@pytest.fixture
def caller(store: IdempotencyStore) -> Caller:
    return Caller(store)


def test_the_same_key_works_once_and_answers_the_same(caller: Caller) -> None:
    assert [caller.ask(), caller.ask()] == [ANSWER, ANSWER]
    assert len(caller.works) == 1


def test_another_key_is_other_work(caller: Caller) -> None:
    caller.ask("k1")
    caller.ask("k2")
    assert len(set(caller.works)) == 2


def test_the_same_key_with_another_body_is_refused_also_while_it_runs(caller: Caller) -> None:
    def meanwhile(_: str) -> dict[str, Any]:
        with pytest.raises(IdempotencyKeyReusedError):
            caller.ask(body="other")
        return ANSWER

    caller.ask(work=meanwhile)
    with pytest.raises(IdempotencyKeyReusedError):
        caller.ask(body="other")


def test_the_order_of_a_bodys_fields_makes_no_difference(caller: Caller) -> None:
    caller.ask(body={"a": 1, "b": 2})
    assert caller.ask(body={"b": 2, "a": 1}) == ANSWER


def test_a_second_request_is_told_that_the_first_still_runs(caller: Caller) -> None:
    def meanwhile(_: str) -> dict[str, Any]:
        with pytest.raises(RequestInProgressError):
            caller.ask()
        return ANSWER

    assert caller.ask(work=meanwhile) == ANSWER


def test_work_that_died_is_taken_up_under_its_own_id_when_its_time_is_over(caller: Caller) -> None:
    with pytest.raises(SystemExit):
        caller.ask(work=caller.die)
    caller.now += LEASE - 1
    with pytest.raises(RequestInProgressError):
        caller.ask()
    caller.now += 1
    assert caller.ask() == ANSWER
    assert len(caller.works) == 2
    assert len(set(caller.works)) == 1


def test_one_of_two_takes_it_up(store: IdempotencyStore) -> None:
    kept = store.open("k", IdempotencyRecord("body", uuid.uuid4().hex, NOW), NOW, NOW + RECORD_KEPT_MS)
    assert store.lease("k", kept, NOW + 1)
    assert not store.lease("k", kept, NOW + 2)


def test_work_that_failed_can_be_taken_up_at_once_but_with_no_other_body(caller: Caller) -> None:
    def fail(work: str) -> dict[str, Any]:
        caller.works.append(work)
        raise StoreError

    with pytest.raises(StoreError):
        caller.ask(work=fail)
    with pytest.raises(IdempotencyKeyReusedError):
        caller.ask(body="other")
    assert caller.ask() == ANSWER
    assert len(set(caller.works)) == 1


class RefusedBeforehandError(Exception):
    """Nothing of the work was done."""


def refuse(_: str) -> dict[str, Any]:
    raise RefusedBeforehandError


def test_the_key_of_work_of_which_nothing_was_done_is_free_again(caller: Caller) -> None:
    with pytest.raises(RefusedBeforehandError):
        caller.once("k", "body", LEASE, refuse, (RefusedBeforehandError,))
    assert caller.ask(body="mended") == ANSWER
    assert caller.ask(body="mended") == ANSWER
    assert len(caller.works) == 1


def reject(_: str) -> dict[str, Any]:
    raise RejectedRequestError


def test_a_request_that_is_rejected_at_once_frees_its_key(caller: Caller) -> None:
    with pytest.raises(RejectedRequestError):
        caller.ask(work=reject)
    assert caller.ask(body="mended") == ANSWER
    assert len(caller.works) == 1


def test_a_request_that_is_rejected_after_a_try_that_died_keeps_its_key(caller: Caller) -> None:
    """The first try may have reached users, and a corrected request would reach them again."""
    with pytest.raises(SystemExit):
        caller.ask(work=caller.die)
    caller.now += LEASE
    with pytest.raises(RejectedRequestError):
        caller.ask(work=reject)
    with pytest.raises(IdempotencyKeyReusedError):
        caller.ask(body="mended")
    assert caller.ask() == ANSWER
    assert len(set(caller.works)) == 1


def test_only_what_says_that_nothing_was_done_frees_a_key(caller: Caller) -> None:
    with pytest.raises(RefusedBeforehandError):
        caller.once("k", "body", LEASE, refuse, (StoreError,))
    with pytest.raises(IdempotencyKeyReusedError):
        caller.ask(body="mended")


def test_a_key_that_another_has_taken_up_is_not_forgotten(store: IdempotencyStore) -> None:
    kept = store.open("k", IdempotencyRecord("body", uuid.uuid4().hex, NOW), NOW, NOW + RECORD_KEPT_MS)
    assert store.lease("k", kept, NOW + LEASE)
    store.forget("k", kept)
    assert (
        store.open("k", IdempotencyRecord("other", uuid.uuid4().hex, NOW), NOW, NOW + RECORD_KEPT_MS).work
        == kept.work
    )


def test_a_key_that_was_answered_is_not_forgotten(store: IdempotencyStore) -> None:
    kept = store.open("k", IdempotencyRecord("body", uuid.uuid4().hex, NOW), NOW, NOW + RECORD_KEPT_MS)
    store.close("k", kept, ANSWER)
    store.forget("k", kept)
    assert (
        store.open("k", IdempotencyRecord("other", uuid.uuid4().hex, NOW), NOW, NOW + RECORD_KEPT_MS).answer
        == ANSWER
    )


def test_what_is_forgotten_already_may_be_forgotten_again(store: IdempotencyStore) -> None:
    kept = store.open("k", IdempotencyRecord("body", uuid.uuid4().hex, NOW), NOW, NOW + RECORD_KEPT_MS)
    for _ in range(2):
        store.forget("k", kept)


def test_after_24_hours_the_key_is_new_and_so_is_its_work(caller: Caller) -> None:
    caller.ask()
    caller.now += RECORD_KEPT_MS - 1
    caller.ask()
    assert len(caller.works) == 1
    caller.now += 1
    caller.ask(body="other")
    assert len(set(caller.works)) == 2


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(caller: Caller, store: IdempotencyStore) -> None:
    class Forgetful:
        open = store.open
        lease = store.lease
        forget = store.forget

        def close(self, *_: object) -> None:
            raise StoreError

    caller.once = Idempotency(Forgetful(), lambda: caller.now)
    assert caller.ask() == ANSWER


def test_ones_own_opening_repeated_by_the_sdk_is_ones_own(store: IdempotencyStore) -> None:
    proposed = IdempotencyRecord("body", uuid.uuid4().hex, NOW + LEASE)
    assert store.open("k", proposed, NOW, NOW + RECORD_KEPT_MS) == proposed
    assert store.open("k", proposed, NOW, NOW + RECORD_KEPT_MS) == proposed
    assert store.open("k", replace(proposed, work="other"), NOW, NOW + RECORD_KEPT_MS) == proposed
