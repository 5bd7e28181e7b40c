"""Stores of delivery failures: in memory and in DynamoDB alike."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.dynamodb_proxy import Client
from support.racing import at_once
from support.sample_campaigns import NOW, campaign
from support.stores import Stores
from support.tables import create_campaigns_table

from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
from minipush.application.ports.campaigns import CampaignStore
from minipush.channels import message_type
from minipush.domain import permit_kinds
from minipush.domain.campaigns import CampaignStatus
from minipush.domain.counts import Correction, CorrectionCounts
from minipush.domain.deliveries import NO_MSGID
from minipush.domain.messages import Reason, Status
from minipush.domain.permits import Claim, Permit
from minipush.errors import StoreError

MADE = campaign()
ADA = Correction("ada", "3248682510344192008", Reason.WECHAT_UNAVAILABLE, 5, Status.SENT, NOW + 7)
BOB = Correction("bob", "1", Reason.REFUSED, None, Status.UNKNOWN, NOW)
ONCE = Permit(permit_kinds.ONCE, "accept-1", template_id="T1")
LONG = Permit(permit_kinds.LONG, "", template_id="T1")
FORM = Permit(permit_kinds.FORM, "form-1", NOW + 1)
PAY = Permit(permit_kinds.PAY, "prepay-1", NOW + 1, use=2)


@pytest.fixture
def store(campaign_store: CampaignStore) -> CampaignStore:
    campaign_store.create(MADE)
    return campaign_store


def counted(store: CampaignStore, campaign_id: str = "c-1") -> CorrectionCounts:
    kept = store.read(campaign_id)
    assert kept
    return kept.corrections


# ---- in the campaign


def test_a_campaign_that_has_none_has_none(store: CampaignStore) -> None:
    assert counted(store) == CorrectionCounts()
    assert store.corrections("c-1", ["ada"]) == {}


def test_each_is_kept_as_it_was_said_and_counted(store: CampaignStore) -> None:
    assert [store.add_correction(MADE, failure) for failure in (ADA, BOB)] == [True, True]
    assert store.corrections("c-1", ["bob", "eve", "ada", "ada"]) == {"ada": ADA, "bob": BOB}
    assert counted(store) == CorrectionCounts(1, 1, {"wechat_unavailable": 1, "refused": 1})


def test_the_same_twice_counts_once(store: CampaignStore) -> None:
    assert [store.add_correction(MADE, replace(ADA, at=NOW + n)) for n in range(3)] == [True] * 3
    assert store.corrections("c-1", ["ada"])["ada"].at == NOW
    assert counted(store) == CorrectionCounts(1, 0, {"wechat_unavailable": 1})


def test_another_message_to_the_same_user_is_not_taken_for_it(store: CampaignStore) -> None:
    store.add_correction(MADE, ADA)
    assert not store.add_correction(MADE, replace(ADA, msgid="2"))
    assert store.corrections("c-1", ["ada"]) == {"ada": ADA}
    assert counted(store).total == 1


def test_of_many_at_once_each_counts_once(store: CampaignStore) -> None:
    failures = [replace(ADA, openid=f"user-{n % 8}", msgid=str(n % 8)) for n in range(16)]
    assert at_once([partial(store.add_correction, MADE, each) for each in failures]) == [True] * 16
    assert counted(store) == CorrectionCounts(8, 0, {"wechat_unavailable": 8})


def test_a_campaign_that_is_gone_is_not_made_anew(store: CampaignStore) -> None:
    assert not store.add_correction(campaign("c-2"), ADA)
    assert store.read("c-2") is None
    assert store.corrections("c-2", ["ada"]) == {}


def test_campaigns_have_their_own(store: CampaignStore) -> None:
    other = store.create(campaign("c-2"))
    store.add_correction(other, ADA)
    assert counted(store).total == 0
    assert store.corrections("c-1", ["ada"]) == {}


def test_a_step_keeps_them_and_lists_tell_them(store: CampaignStore) -> None:
    store.add_correction(MADE, ADA)
    stepped = store.step("c-1", frozenset({CampaignStatus.RUNNING}), CampaignStatus.COMPLETED, NOW + 1)
    assert stepped
    assert stepped.corrections.total == 1
    assert [each.corrections.total for each in store.newest(10, None)[0]] == [1]


def test_more_than_one_call_takes_can_be_asked_for(store: CampaignStore) -> None:
    for n in (0, 104, 249):
        store.add_correction(MADE, replace(ADA, openid=f"user-{n}"))
    found = store.corrections("c-1", [f"user-{n}" for n in range(250)])
    assert sorted(found) == ["user-0", "user-104", "user-249"]


def test_they_are_no_segments(store: CampaignStore) -> None:
    store.add_correction(MADE, ADA)
    assert store.segments("c-1") == []


@pytest.mark.emulator
def test_it_is_forgotten_with_its_campaign(dynamodb: DynamoDBClient) -> None:
    table = create_campaigns_table(dynamodb)
    store = DynamoCampaignStore(dynamodb, table, days=90, message_type=message_type)
    store.create(MADE)
    store.add_correction(MADE, ADA)
    ttls = {item["ttl"]["N"] for item in dynamodb.scan(TableName=table)["Items"]}
    assert len(ttls) == 1


ARRIVED = Correction("ada", ADA.msgid, None, None, Status.UNKNOWN, NOW + 9)


def test_a_message_in_doubt_that_arrived_is_kept_and_counted_once(store: CampaignStore) -> None:
    assert [store.add_correction(MADE, ARRIVED) for _ in range(2)] == [True, True]
    assert store.corrections("c-1", ["ada"]) == {"ada": ARRIVED}
    assert counted(store) == CorrectionCounts(confirmed=1)


def test_a_failure_of_the_same_message_is_the_last_word_in_whatever_order_they_come(
    store: CampaignStore,
) -> None:
    failed = replace(ADA, before=Status.UNKNOWN)
    for corrections in ((ARRIVED, failed, ARRIVED), (failed, ARRIVED, failed)):
        for each in corrections:
            assert store.add_correction(MADE, each)
        assert store.corrections("c-1", ["ada"]) == {"ada": failed}
        assert counted(store) == CorrectionCounts(0, 1, {"wechat_unavailable": 1})


def test_a_failure_of_another_message_does_not_replace_an_arrival(store: CampaignStore) -> None:
    store.add_correction(MADE, ARRIVED)
    assert not store.add_correction(MADE, replace(ADA, msgid="2"))
    assert counted(store) == CorrectionCounts(confirmed=1)


# ---- in the user's ledger


def claim(stores: Stores, permit: Permit, holder: str = "c-1/ann") -> Permit:
    """Claim the permit; return it with its claim."""
    stores.users.add("ada", [permit])
    asyncio.run(stores.ledger.claim("ada", permit, holder, NOW))
    claimed: Permit = stores.users.read("ada").claimed_for("c-1")[0]
    return claimed


@pytest.mark.parametrize("permit", [ONCE, LONG], ids=lambda permit: permit.kind)
def test_a_claim_on_which_nothing_came_is_marked_and_stays_claimed(stores: Stores, permit: Permit) -> None:
    claimed = claim(stores, permit)
    assert stores.users.mark_delivery_failed("ada", claimed, ADA.msgid, 5, NOW)
    user = stores.users.read("ada")
    marked = Claim("c-1/ann", NOW, failed_msgid=ADA.msgid, failed_at=NOW)
    assert user.claimed_for("c-1") == [claimed._replace(claim=marked)]
    assert user.live(NOW) == ([LONG] if permit is LONG else [])
    assert user.messages_since(NOW - 1) == 0
    assert user.was_claimed_by("c-1")


def test_marking_again_changes_nothing(stores: Stores) -> None:
    claimed = claim(stores, ONCE)
    stores.users.mark_delivery_failed("ada", claimed, "1", 5, NOW)
    before = stores.users.read("ada")
    assert stores.users.mark_delivery_failed("ada", claimed, "1", 5, NOW)
    assert stores.users.read("ada") == before


@pytest.mark.parametrize("permit", [ONCE, LONG], ids=lambda permit: permit.kind)
def test_what_its_holder_gave_back_is_not_marked(stores: Stores, permit: Permit) -> None:
    claimed = claim(stores, permit)
    asyncio.run(stores.ledger.give_back("ada", permit, "c-1/ann"))
    assert not stores.users.mark_delivery_failed("ada", claimed, "1", 5, NOW)
    assert stores.users.read("ada").permits == (permit,)


def test_what_is_not_claimed_is_not_marked(stores: Stores) -> None:
    stores.users.add("ada", [ONCE])
    assert not stores.users.mark_delivery_failed("ada", ONCE, "1", 5, NOW)
    assert stores.users.read("ada").permits == (ONCE,)


def test_a_mark_says_nothing_of_a_later_claim(stores: Stores) -> None:
    claimed = claim(stores, ONCE)
    stores.users.mark_delivery_failed("ada", claimed, "1", None, NOW)
    asyncio.run(stores.ledger.give_back("ada", ONCE, "c-1/ann"))
    assert stores.users.read("ada").live(NOW) == [ONCE]
    assert claim(stores, ONCE, "c-1/bob").claim == Claim("c-1/bob", NOW)


@pytest.mark.parametrize("permit", [ONCE, LONG], ids=lambda permit: permit.kind)
def test_what_wechat_confirms_first_is_not_reported_as_unknown(stores: Stores, permit: Permit) -> None:
    claimed = claim(stores, permit)
    assert stores.users.mark_confirmed("ada", claimed, "7")
    assert asyncio.run(stores.ledger.report_unknown("ada", claimed, "c-1/ann")) == "7"
    user = stores.users.read("ada")
    assert user.claimed_for("c-1")[0].claim == Claim("c-1/ann", NOW, confirmed_msgid="7")
    assert user.messages_since(NOW - 1) == 1


@pytest.mark.parametrize("permit", [ONCE, LONG], ids=lambda permit: permit.kind)
def test_what_is_reported_as_unknown_first_stays_so(stores: Stores, permit: Permit) -> None:
    before = claim(stores, permit)
    for _ in range(2):
        assert asyncio.run(stores.ledger.report_unknown("ada", before, "c-1/ann")) is None
    assert not stores.users.mark_confirmed("ada", before, "7")
    assert not stores.users.mark_delivery_failed("ada", before, "7", 5, NOW)
    reported = stores.users.read("ada").claimed_for("c-1")[0]
    assert reported.claim == Claim("c-1/ann", NOW, is_reported_unknown=True)
    assert stores.users.mark_confirmed("ada", reported, "7")
    assert asyncio.run(stores.ledger.report_unknown("ada", reported, "c-1/ann")) is None
    assert stores.users.read("ada").claimed_for("c-1")[0].claim == Claim(
        "c-1/ann", NOW, confirmed_msgid="7", is_reported_unknown=True
    )


@pytest.mark.parametrize("permit", [FORM, PAY], ids=lambda permit: permit.kind)
def test_what_no_event_settles_is_reported_as_unknown_too(stores: Stores, permit: Permit) -> None:
    before = claim(stores, permit)
    assert asyncio.run(stores.ledger.report_unknown("ada", before, "c-1/ann")) is None
    reported = stores.users.read("ada").claimed_for("c-1")[0]
    assert reported.claim == Claim("c-1/ann", NOW, is_reported_unknown=True)


@pytest.mark.parametrize("permit", [ONCE, LONG], ids=lambda permit: permit.kind)
def test_of_two_messages_that_may_be_meant_at_once_the_first_is_marked(
    stores: Stores, permit: Permit
) -> None:
    claimed = claim(stores, permit)
    assert stores.users.mark_delivery_failed("ada", claimed, "7", 5, NOW)
    assert not stores.users.mark_delivery_failed("ada", claimed, "8", 5, NOW)
    assert stores.users.mark_confirmed("ada", claimed, "7")
    assert not stores.users.mark_confirmed("ada", claimed, "8")
    marked = stores.users.read("ada").claimed_for("c-1")[0].claim
    assert marked == Claim("c-1/ann", NOW, failed_msgid="7", failed_at=NOW, confirmed_msgid="7")


def test_two_reports_without_a_msgid_are_told_apart_by_their_times(stores: Stores) -> None:
    claimed = claim(stores, LONG)
    assert stores.users.mark_delivery_failed("ada", claimed, NO_MSGID, None, NOW)
    assert stores.users.mark_delivery_failed("ada", claimed, NO_MSGID, None, NOW)
    assert not stores.users.mark_delivery_failed("ada", claimed, NO_MSGID, None, NOW + 1000)


def test_what_could_not_be_delivered_was_accepted(stores: Stores) -> None:
    claimed = claim(stores, ONCE)
    stores.users.mark_delivery_failed("ada", claimed, "7", 5, NOW)
    assert asyncio.run(stores.ledger.report_unknown("ada", claimed, "c-1/ann")) == "7"


def test_a_claim_of_another_process_is_neither_confirmed_nor_reported(stores: Stores) -> None:
    claimed = claim(stores, ONCE)
    asyncio.run(stores.ledger.take_over("ada", claimed, "c-1/bob"))
    assert not stores.users.mark_confirmed("ada", claimed, "7")
    assert asyncio.run(stores.ledger.report_unknown("ada", claimed, "c-1/ann")) is None
    assert stores.users.read("ada").claimed_for("c-1")[0].claim == Claim("c-1/bob", NOW)


# ---- faults


@dataclass
class Contended(Client):
    """Another process writes to the campaign at the same moment, so many `times`."""

    times: int
    error: str = "TransactionConflict"
    asked: list[Any] = field(default_factory=list)

    def transact_write_items(self, **request: Any) -> Any:
        self.asked.append(request)
        if len(self.asked) > self.times:
            return self.real.transact_write_items(**request)
        reasons = [{"Code": "None"}, {"Code": self.error}]
        answer = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise self.real.exceptions.TransactionCanceledException(answer, "TransactWriteItems")

    def update_item(self, **request: Any) -> Any:
        self.asked.append(request)
        if len(self.asked) > self.times:
            return self.real.update_item(**request)
        answer = {"Error": {"Code": "TransactionConflictException"}}
        raise self.real.exceptions.TransactionConflictException(answer, "UpdateItem")


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> str:
    name = create_campaigns_table(dynamodb)
    DynamoCampaignStore(dynamodb, name, 90, message_type).create(MADE)
    return name


def contended(dynamodb: DynamoDBClient, table: str, times: int, error: str = "TransactionConflict") -> Any:
    client: Any = Contended(dynamodb, times, error)
    return DynamoCampaignStore(client, table, 90, message_type, lambda _: None)


@pytest.mark.emulator
def test_who_comes_at_the_same_moment_tries_again(dynamodb: DynamoDBClient, table: str) -> None:
    store = contended(dynamodb, table, 2)
    assert store.add_correction(MADE, ADA)
    assert counted(store).total == 1


@pytest.mark.emulator
def test_a_step_waits_for_a_count_that_is_being_written(dynamodb: DynamoDBClient, table: str) -> None:
    store = contended(dynamodb, table, 2)
    assert store.step("c-1", frozenset({CampaignStatus.RUNNING}), CampaignStatus.PAUSED, NOW)


@pytest.mark.emulator
@pytest.mark.parametrize(("times", "error"), [(99, "TransactionConflict"), (1, "ValidationError")])
def test_what_cannot_be_written_is_a_store_error(
    dynamodb: DynamoDBClient, table: str, times: int, error: str
) -> None:
    with pytest.raises(StoreError):
        contended(dynamodb, table, times, error).add_correction(MADE, ADA)
    assert "delivery_failure" not in json.dumps(dynamodb.scan(TableName=table)["Items"])
