"""Whom a sender may push to, and what is left when a user is erased: as the Centre table has them."""

from dataclasses import replace
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.centre_inbox import NOW, inbox_message
from support.centre_items import CentreItems
from support.table_reads import TableReads
from support.tables import create_centre_table

from minipush.adapters.dynamodb.centre.addressees import DynamoAddressees
from minipush.adapters.dynamodb.centre.bindings import DynamoBindings
from minipush.adapters.dynamodb.centre.erasure import DynamoErasure
from minipush.adapters.dynamodb.centre.inbox import DynamoInboxStore
from minipush.adapters.dynamodb.centre.keys import binding_key, personal_key_key
from minipush.adapters.dynamodb.centre.preferences import DynamoPreferences
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.domain.centre.bindings import Binding
from minipush.domain.centre.inbox import Level, Sender, SenderKind
from minipush.domain.centre.message_ids import CENTRE_REF, key_ref
from minipush.domain.centre.preferences import DoNotDisturb
from minipush.domain.centre.pushes import Addressee, PushReason
from minipush.domain.centre.reminders import ChannelKind

pytestmark = pytest.mark.emulator

SHOP = Sender(SenderKind.APP, "wx-shop", "Shop")
BANK = Sender(SenderKind.APP, "wx-bank", "Bank")
ADAS, BOS, PERSONAL = "bAda", "bBo", "kAda"
ADA = Addressee(
    openid="ada", key_ref=key_ref(ADAS), sender=SHOP, level=Level.STRONG, channels=[], do_not_disturb=[]
)


class World(CentreItems):
    def __init__(self, client: DynamoDBClient) -> None:
        self.client = client
        self.name = create_centre_table(client)
        super().__init__(CentreTable(client, self.name))
        self.addressees = DynamoAddressees(self.table)
        self.inbox = DynamoInboxStore(self.table)

    def items(self) -> set[tuple[str, str]]:
        found: Any = self.client.scan(TableName=self.name)["Items"]
        return {(item["pk"]["S"], item["sk"]["S"]) for item in found}


@pytest.fixture
def world(dynamodb: DynamoDBClient) -> World:
    return World(dynamodb)


def test_a_binding_is_found_by_its_key_and_by_the_apps_openid(world: World) -> None:
    world.bind("ada", ADAS)
    assert world.addressees.of_binding(SHOP, ADAS) == ADA
    assert world.addressees.of_openid(SHOP, "o-ada") == ADA
    assert world.addressees.owner_of(key_ref(ADAS)) == "ada"


def test_who_has_bound_an_app_is_found_for_its_broadcasts(world: World) -> None:
    world.bind("ada", ADAS, confirmed=False)
    assert world.addressees.of_user(SHOP, "ada") == replace(ADA, key_ref=CENTRE_REF)
    assert world.addressees.of_user(BANK, "ada") is PushReason.UNBOUND
    assert world.addressees.of_user(SHOP, "bo") is PushReason.UNBOUND


def test_what_nobody_has_bound_is_unbound(world: World) -> None:
    world.bind("ada", ADAS)
    asked = [
        world.addressees.of_binding(SHOP, "bOther"),
        world.addressees.of_binding(BANK, ADAS),
        world.addressees.of_openid(BANK, "o-ada"),
        world.addressees.of_openid(SHOP, "o-bo"),
    ]
    assert asked == [PushReason.UNBOUND] * 4
    assert world.addressees.owner_of("nobody") is None


def test_a_binding_that_is_not_confirmed_takes_pushes_by_its_key_only(world: World) -> None:
    world.bind("ada", ADAS, confirmed=False)
    assert world.addressees.of_binding(SHOP, ADAS) == ADA
    assert world.addressees.of_openid(SHOP, "o-ada") is PushReason.UNBOUND


def binding(openid: str, *, confirmed: bool) -> Binding:
    return Binding(
        appid="wx-shop",
        key=f"b{openid}",
        level=Level.STRONG,
        foreign_openid="o-ada",
        is_confirmed=confirmed,
        at=NOW,
    )


def test_who_binds_without_a_ticket_is_unconfirmed_and_takes_nothing_from_others(world: World) -> None:
    bindings = DynamoBindings(world.table)
    eves, adas = binding("eve", confirmed=False), binding("ada", confirmed=True)
    bindings.add("eve", eves, None)
    assert world.addressees.of_openid(SHOP, "o-ada") is PushReason.UNCONFIRMED
    bindings.add("ada", adas, None)
    bindings.remove("eve", eves)
    found = world.addressees.of_openid(SHOP, "o-ada")
    assert isinstance(found, Addressee)
    assert found.openid == "ada"
    bindings.remove("ada", adas)
    assert world.addressees.of_openid(SHOP, "o-ada") is PushReason.UNBOUND


def test_the_mark_of_a_claim_ends_with_the_binding_or_its_user(world: World) -> None:
    bindings = DynamoBindings(world.table)
    eves = binding("eve", confirmed=False)
    bindings.add("eve", eves, None)
    bindings.remove("eve", eves)
    assert world.addressees.of_openid(SHOP, "o-ada") is PushReason.UNBOUND
    bindings.add("eve", eves, None)
    assert DynamoErasure(world.table).erase("eve", lambda: False)
    assert world.items() == set()


def test_the_users_item_decides_at_once(world: World) -> None:
    world.bind("ada", ADAS)
    world.bind("ada", "bNewer")
    assert world.addressees.of_binding(SHOP, ADAS) is PushReason.UNBOUND
    world.table.delete_each([binding_key("ada", "wx-shop")])
    assert world.addressees.of_binding(SHOP, "bNewer") is PushReason.UNBOUND


def test_a_user_is_there_until_the_key_goes(world: World) -> None:
    world.bind("ada", ADAS)
    world.make_key("ada", PERSONAL)
    mine = world.addressees.of_personal_key(PERSONAL, NOW)
    assert isinstance(mine, Addressee)
    found = (ADA, replace(ADA, key_ref=CENTRE_REF), mine)
    assert all(world.addressees.is_there(user) for user in found)
    world.bind("ada", "bNewer")
    assert [world.addressees.is_there(user) for user in found] == [False, True, True]
    assert DynamoErasure(world.table).erase("ada", lambda: False)
    assert not any(world.addressees.is_there(user) for user in found)


def test_channels_are_the_verified_ones_in_the_users_order(world: World) -> None:
    world.bind("ada", ADAS)
    for kind in (ChannelKind.BARK, ChannelKind.EMAIL, ChannelKind.SMS):
        world.verify("ada", kind)
    world.verify("ada", ChannelKind.OFFICIAL, "dead")
    order = (ChannelKind.OFFICIAL, ChannelKind.EMAIL, ChannelKind.BARK)
    quiet = DoNotDisturb(NOW)
    DynamoPreferences(world.table).change("ada", {"channels": order, "do_not_disturb": quiet})
    found = world.addressees.of_binding(SHOP, ADAS)
    assert found == replace(ADA, channels=[ChannelKind.EMAIL, ChannelKind.BARK], do_not_disturb=[quiet])


def test_do_not_disturb_of_an_app_counts_too(world: World) -> None:
    world.bind("ada", ADAS, dnd={"N": "0"})
    assert world.addressees.of_binding(SHOP, ADAS) == replace(ADA, do_not_disturb=[DoNotDisturb()])


def test_a_personal_key_is_found_with_its_label_and_level(world: World) -> None:
    world.make_key("ada", PERSONAL)
    world.verify("ada", ChannelKind.BARK)
    ref = key_ref(PERSONAL)
    sender = Sender(SenderKind.KEY, ref, "my server")
    found = world.addressees.of_personal_key(PERSONAL, NOW)
    assert found == replace(ADA, key_ref=ref, sender=sender, level=Level.WEAK, channels=[ChannelKind.BARK])


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"paused": {"BOOL": True}}, PushReason.KEY_PAUSED),
        ({"expires_at": {"N": str(NOW)}}, PushReason.KEY_EXPIRED),
    ],
)
def test_a_personal_key_may_be_paused_or_expire(
    world: World, more: dict[str, Any], found: PushReason
) -> None:
    world.make_key("ada", PERSONAL, **more)
    assert world.addressees.of_personal_key(PERSONAL, NOW) is found


def test_a_binding_key_is_no_personal_key_and_the_other_way_round(world: World) -> None:
    world.bind("ada", ADAS)
    world.make_key("ada", PERSONAL)
    assert world.addressees.of_personal_key(ADAS, NOW) is None
    assert world.addressees.of_binding(SHOP, PERSONAL) is PushReason.UNBOUND
    world.table.delete_each([personal_key_key("ada", key_ref(PERSONAL))])
    assert world.addressees.of_personal_key(PERSONAL, NOW) is None


def test_whom_a_push_is_for_costs_two_reads(world: World) -> None:
    world.bind("ada", ADAS)
    world.make_key("ada", PERSONAL)
    reads = TableReads.of(world.client)
    world.addressees.of_binding(SHOP, ADAS)
    world.addressees.of_personal_key(PERSONAL, NOW)
    world.client.meta.events.unregister("after-call.dynamodb", reads.count)
    assert reads.requests == {"GetItem": 2, "Query": 1, "BatchGetItem": 1}


# ---- erasing a person


def fill(world: World) -> None:
    world.bind("ada", ADAS)
    world.bind("ada", "bAdaBank", "wx-bank")
    world.make_key("ada", PERSONAL)
    world.verify("ada", ChannelKind.BARK)
    DynamoPreferences(world.table).change("ada", {"receipts": False})
    world.inbox.mark_read_to("ada", NOW, None)
    for n in range(230):
        world.inbox.put(inbox_message(str(n), NOW + n))


def test_a_user_who_is_erased_leaves_nothing_and_others_stay(world: World) -> None:
    world.bind("bo", BOS)
    world.make_key("bo", "kBo")
    before = world.items()
    fill(world)
    assert DynamoErasure(world.table).erase("ada", lambda: False)
    assert world.items() == before


def test_an_erasure_that_was_interrupted_goes_on(world: World) -> None:
    fill(world)
    erasure, times = DynamoErasure(world.table), iter([False, False, True])
    assert not erasure.erase("ada", lambda: next(times))
    left = world.items()
    assert left
    assert {sk[:2] for _, sk in left} <= {"C#", "I#", "!c", "!r"}
    assert erasure.erase("ada", lambda: False)
    assert world.items() == set()


def test_who_named_anothers_openid_does_not_erase_the_others_binding(world: World) -> None:
    """Anybody can bind under an openid that is not confirmed."""
    world.bind("bo", BOS)
    world.bind("eve", "bEve", confirmed=False, foreign={"S": "o-bo"})
    assert DynamoErasure(world.table).erase("eve", lambda: False)
    assert isinstance(world.addressees.of_openid(SHOP, "o-bo"), Addressee)


def test_a_user_of_whom_nothing_is_held_is_erased(world: World) -> None:
    assert DynamoErasure(world.table).erase("nobody", lambda: True)
