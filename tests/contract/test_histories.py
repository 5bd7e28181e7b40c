"""What is stored of a user that has a time; the store in memory and DynamoDB alike."""

import asyncio
from dataclasses import dataclass

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.histories import MemoryHistories
from support.memory import MemoryStore
from support.tables import create_tables

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.users.histories import DynamoHistoryStore
from minipush.adapters.dynamodb.users.ledger import DynamoLedger
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.application.ports.ledger import Ledger
from minipush.application.ports.timelines import HistoryStore
from minipush.application.ports.users import UserStore
from minipush.domain import permit_kinds
from minipush.domain.permits import Claim, Permit
from minipush.domain.settings_log import Changer, SettingsChange, SettingsStep
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.timelines import DeliveryFailure, StoredPermit, UserHistory
from minipush.errors import StoreError

NOW = 1_800_000_000_000
FORM = Permit(permit_kinds.FORM, "the-form-id", NOW + 1000)
ONCE = Permit(permit_kinds.ONCE, "accept-1", template_id="T_-1")
OPTED_OUT = SettingsChange(NOW, Changer.USER, SettingsStep.OPTED_OUT)
HOURS_SET = SettingsChange(NOW + 1, Changer.OPERATOR, SettingsStep.QUIET_HOURS_SET)


@dataclass
class Stored:
    users: UserStore
    ledger: Ledger
    histories: HistoryStore


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def stores(request: pytest.FixtureRequest) -> Stored:
    if request.param == "memory":
        store = MemoryStore()
        return Stored(store, store, MemoryHistories(store))
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    users, _ = create_tables(client)
    ledger = DynamoLedger(client, EventLoopCalls(client), users)
    return Stored(DynamoUserStore(client, users), ledger, DynamoHistoryStore(client, users))


def test_an_unknown_user_has_no_history(stores: Stored) -> None:
    assert stores.histories.read("nobody") == UserHistory()


def test_a_permit_has_the_time_at_which_it_was_handed_over_first(stores: Stored) -> None:
    stores.users.add("ada", [FORM], None, NOW)
    stores.users.add("ada", [FORM, ONCE], 20_833, NOW + 5)
    found = stores.histories.read("ada").permits
    assert set(found) == {StoredPermit(FORM, NOW), StoredPermit(ONCE, NOW + 5)}
    assert set(stores.users.read("ada").permits) == {FORM, ONCE}


def test_a_permit_that_is_claimed_and_given_back_keeps_the_time(stores: Stored) -> None:
    stores.users.add("ada", [FORM], None, NOW)
    asyncio.run(claim_and_give_back(stores.ledger))
    assert stores.histories.read("ada").permits == (StoredPermit(FORM, NOW),)


async def claim_and_give_back(ledger: Ledger) -> None:
    await ledger.claim("ada", FORM, "d/1", NOW)
    await ledger.give_back("ada", FORM, "d/1")


def test_a_permit_without_a_time_is_there_all_the_same(stores: Stored) -> None:
    stores.users.add("ada", [FORM])
    assert stores.histories.read("ada").permits == (StoredPermit(FORM),)


def test_a_failed_delivery_has_the_time_and_the_errcode_of_the_report(stores: Stored) -> None:
    stores.users.add("ada", [ONCE], None, NOW)
    asyncio.run(stores.ledger.claim("ada", ONCE, "c-1/x", NOW + 1))
    [claimed] = stores.users.read("ada").permits
    assert stores.users.mark_delivery_failed("ada", claimed, "77", 5, NOW + 9)
    failed = ONCE._replace(claim=Claim("c-1/x", NOW + 1, failed_msgid="77", failed_at=NOW + 9))
    [found] = stores.histories.read("ada").permits
    assert found == StoredPermit(failed, NOW, DeliveryFailure(NOW + 9, 5))


def test_a_withdrawn_permit_has_the_time_of_the_withdrawal(stores: Stored) -> None:
    stores.users.add("ada", [ONCE], None, NOW)
    stores.users.withdraw("ada", {"T_-1"}, NOW + 3)
    [found] = stores.histories.read("ada").permits
    assert found.permit.claim
    assert (found.permit.claim.is_withdrawal, found.permit.claim.at) == (True, NOW + 3)


def test_refusals_and_changes_of_settings_are_in_the_history(stores: Stored) -> None:
    refusal = TemplateRefusal("T_-1", NOW, 2)
    stores.users.save_refusals("ada", {"T_-1": refusal})
    stores.users.change("ada", {"opt_out": True}, log=(OPTED_OUT, HOURS_SET))
    assert stores.histories.read("ada") == UserHistory((), (refusal,), (OPTED_OUT, HOURS_SET))
    assert stores.users.read_settings("ada").log == (OPTED_OUT, HOURS_SET)


def test_a_change_without_a_log_leaves_the_log(stores: Stored) -> None:
    stores.users.change("ada", {"opt_out": True}, log=(OPTED_OUT,))
    stores.users.change("ada", {"tags": ("vip",)})
    assert stores.users.read_settings("ada").log == (OPTED_OUT,)
    stores.users.change("ada", {"tags": ()}, log=())
    assert stores.users.read_settings("ada").log == ()


def test_a_store_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    with pytest.raises(StoreError):
        DynamoHistoryStore(nowhere, "users").read("ada")
