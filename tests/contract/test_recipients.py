"""Whoever tells a campaign its recipients: the one in memory and DynamoDB alike."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import time
from itertools import chain
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.memory import MemoryStore
from support.recipients import MemoryRecipients
from support.stores import Stores
from support.tables import create_tables

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.users.ledger import DynamoLedger
from minipush.adapters.dynamodb.users.recipients import DynamoRecipients
from minipush.adapters.dynamodb.users.sweeps import DynamoSweepStore
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.application.ports.campaigns import Recipient, RecipientPage, Recipients
from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Message
from minipush.domain.permits import Claim, Permit
from minipush.domain.users import QuietHours, User, UserSettings
from minipush.errors import StoreError

NOW = 1_800_000_000_000
ITEMS_A_PAGE = 4
MESSAGE = Message(TEMPLATE_MESSAGE, "T")


def campaign_to(audience: Audience, segments: int = 1) -> Campaign:
    return Campaign("c-1", Plan("", MESSAGE, audience), segments, CampaignStatus.RUNNING, NOW, NOW)


def to_all(segments: int = 1) -> Campaign:
    return campaign_to(Audience(AudienceType.ALL), segments)


def to_named(*openids: str) -> Campaign:
    return campaign_to(Audience(AudienceType.OPENIDS, openids), -(-len(openids) // 500))


def forms(count: int, prefix: str = "form") -> list[Permit]:
    return [Permit(permit_kinds.FORM, f"{prefix}-{n}", NOW + n) for n in range(count)]


@dataclass
class Named:
    """The one thing that is asked of a CampaignStore here."""

    asked: int = 0

    def openids(self, campaign: Campaign) -> tuple[str, ...]:
        self.asked += 1
        return campaign.plan.audience.openids


@dataclass
class Narrow:
    """A client whose Scan pages end after a few items, in the middle of users."""

    client: Any
    limit: int = ITEMS_A_PAGE

    def scan(self, **arguments: Any) -> Any:
        return self.client.scan(Limit=self.limit, **arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


@dataclass
class World:
    stores: Stores
    recipients: Recipients
    named: Named
    users: dict[str, set[Permit]] = field(default_factory=dict)

    def add(self, openid: str, permits: list[Permit]) -> None:
        self.stores.users.add(openid, permits)
        self.users[openid] = set(permits)

    def crowd(self) -> None:
        """Nine users with one to nine permits, so that pages of four cut through most of them."""
        for n in range(1, 10):
            self.add(f"user-{n}", forms(n))

    def pages(
        self, campaign: Campaign, number: int = 0, cursor: str | None = None
    ) -> Iterator[RecipientPage]:
        while True:
            page = self.recipients.page(campaign, number, cursor)
            yield page
            if page.cursor is None:
                return
            cursor = page.cursor

    def read(self, campaign: Campaign, number: int = 0, cursor: str | None = None) -> list[Recipient]:
        return [recipient for page in self.pages(campaign, number, cursor) for recipient in page.recipients]

    def read_users(self, campaign: Campaign, number: int = 0, cursor: str | None = None) -> list[User]:
        return [recipient.user for recipient in self.read(campaign, number, cursor)]


def memory(_: pytest.FixtureRequest) -> World:
    store, named = MemoryStore(), Named()
    recipients = MemoryRecipients(store, named)  # type: ignore[arg-type]
    return World(Stores(store, store, store), recipients, named)


def dynamo(request: pytest.FixtureRequest) -> World:
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    users, state = create_tables(client)
    stores = Stores(
        DynamoUserStore(client, users),
        DynamoLedger(client, EventLoopCalls(client), users),
        DynamoSweepStore(client, users, state, ACCOUNT),
    )
    named = Named()
    narrow: Any = Narrow(client)
    return World(stores, DynamoRecipients(narrow, users, named), named)  # type: ignore[arg-type]


KINDS: dict[str, Callable[[pytest.FixtureRequest], World]] = {"memory": memory, "dynamodb": dynamo}


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def world(request: pytest.FixtureRequest) -> World:
    return KINDS[request.param](request)


def openids(users: list[User]) -> list[str]:
    return [user.openid for user in users]


# ---- parts of the table


@pytest.mark.parametrize("segments", [1, 3])
def test_the_parts_together_have_every_user_once_and_whole(world: World, segments: int) -> None:
    world.crowd()
    campaign = to_all(segments)
    found = [user for number in range(segments) for user in world.read_users(campaign, number)]
    assert len(found) == 9
    assert {user.openid: set(user.permits) for user in found} == world.users


@pytest.mark.parametrize("audience", [Audience(AudienceType.TAG, tag="vip"), Audience(AudienceType.EXPIRING)])
def test_every_user_is_read_whatever_the_campaign_looks_for(world: World, audience: Audience) -> None:
    world.crowd()
    assert set(openids(world.read_users(campaign_to(audience)))) == world.users.keys()


def test_reading_goes_on_after_any_recipient(world: World) -> None:
    world.crowd()
    everyone = world.read(to_all())
    for n, recipient in enumerate(everyone, 1):
        rest = world.read_users(to_all(), cursor=recipient.cursor)
        assert rest == [later.user for later in everyone[n:]]


def test_reading_goes_on_where_a_recipient_was_that_is_gone(world: World) -> None:
    world.crowd()
    everyone = world.read(to_all())
    gone = everyone[4]
    permits = [(gone.user.openid, permit) for permit in gone.user.permits]
    assert world.stores.sweeps.remove(permits, NOW + 1000) == len(permits)
    assert world.read_users(to_all(), cursor=gone.cursor) == [later.user for later in everyone[5:]]


def test_who_gets_more_permits_is_no_new_recipient(world: World) -> None:
    world.crowd()
    everyone = world.read(to_all())
    world.stores.users.add(everyone[4].user.openid, forms(20, prefix="later"))
    assert world.read_users(to_all(), cursor=everyone[4].cursor) == [later.user for later in everyone[5:]]


def test_a_user_larger_than_any_page_is_whole(world: World) -> None:
    for openid in ("a", "b", "c"):
        world.add(openid, forms(5 * ITEMS_A_PAGE))
    assert {user.openid: set(user.permits) for user in world.read_users(to_all())} == world.users


def test_a_place_bears_every_character_that_an_id_may_hold(world: World) -> None:
    odd = "".join(map(chr, range(32, 127))) + "码"
    for openid in ("a", "b", "c"):
        world.add(
            openid, [Permit(permit_kinds.ONCE, odd, template_id="T"), Permit(permit_kinds.FORM, odd, NOW)]
        )
    everyone = world.read(to_all())
    assert openids(world.read_users(to_all(), cursor=everyone[0].cursor)) == openids(
        [recipient.user for recipient in everyone[1:]]
    )


def test_parts_without_users_end_at_once(world: World) -> None:
    world.add("ada", forms(1))
    found = [world.read_users(to_all(50), number) for number in range(50)]
    assert sum(map(len, found)) == 1


def test_a_table_without_users_ends_at_once(world: World) -> None:
    assert world.recipients.page(to_all(), 0, None) == RecipientPage([], None)


def test_settings_come_with_the_user(world: World) -> None:
    quiet = QuietHours(time(22), time(8), "Asia/Shanghai")
    world.add("ada", forms(3))
    world.stores.users.change("ada", {"quiet_hours": quiet, "tags": ("a", "b"), "opt_out": True})
    [ada] = world.read_users(to_all())
    assert ada.settings == UserSettings(opt_out=True, quiet_hours=quiet, tags=("a", "b"))
    assert set(ada.permits) == set(forms(3))


def test_a_user_without_permits_is_one_of_all(world: World) -> None:
    world.stores.users.change("ada", {"tags": ("vip",)})
    assert world.read_users(to_all()) == [User("ada", UserSettings(tags=("vip",)))]


@pytest.mark.parametrize("campaign", [to_all(), to_named("ada")], ids=["table", "slice"])
def test_claims_are_seen_at_once(world: World, campaign: Campaign) -> None:
    world.add("ada", forms(2))
    taken, invalidated_by = forms(2)
    asyncio.run(world.stores.ledger.claim("ada", taken, "c-1/one", NOW))
    asyncio.run(world.stores.ledger.claim("ada", invalidated_by, "c-1/one", NOW))
    asyncio.run(world.stores.ledger.invalidate("ada", invalidated_by, "c-1/one", 41028))
    [ada] = world.read_users(campaign)
    claims = {
        taken._replace(claim=Claim("c-1/one", NOW)),
        invalidated_by._replace(claim=Claim("c-1/one", NOW, 41028)),
    }
    assert set(ada.permits) == claims


@pytest.mark.parametrize("campaign", [to_all(), to_named("ada")], ids=["all", "named"])
def test_what_brought_no_message_is_seen_for_what_it_is(world: World, campaign: Campaign) -> None:
    permits = forms(3)
    world.add("ada", permits)
    for permit in permits:
        asyncio.run(world.stores.ledger.claim("ada", permit, "c-0/x", NOW))
    asyncio.run(world.stores.ledger.invalidate("ada", permits[0], "c-0/x", 41028))
    late = permits[1]._replace(claim=Claim("c-0/x", NOW))
    world.stores.users.mark_delivery_failed("ada", late, "7", 5, NOW)
    [user] = world.read_users(campaign)
    assert user == world.stores.users.read("ada")
    assert user.messages_since(NOW - 1) == 1


def test_deliveries_through_a_long_term_permit_are_seen(world: World) -> None:
    long = Permit(permit_kinds.LONG, "", template_id="T")
    world.add("ada", [long])
    asyncio.run(world.stores.ledger.claim("ada", long, "c-1/one", NOW))
    [ada] = world.read_users(to_all())
    assert [permit.claim for permit in ada.claimed_for("c-1")] == [Claim("c-1/one", NOW)]


# ---- slices of those named


def test_slices_have_everyone_named_in_the_order_asked(world: World) -> None:
    names = [f"u{n * 7 % 1203}" for n in range(1203)]
    campaign = to_named(*names)
    found = [openids(world.read_users(campaign, number)) for number in range(3)]
    assert [len(slice_) for slice_ in found] == [500, 500, 203]
    assert list(chain(*found)) == names


def test_who_is_named_comes_with_permits_and_settings(world: World) -> None:
    world.crowd()
    world.stores.users.change("user-2", {"opt_out": True})
    two, nobody, one = world.read_users(to_named("user-2", "nobody", "user-1"))
    assert (two.openid, two.settings, set(two.permits)) == (
        "user-2",
        UserSettings(opt_out=True),
        set(forms(2)),
    )
    assert nobody == User("nobody")
    assert (one.openid, set(one.permits)) == ("user-1", set(forms(1)))


@pytest.mark.parametrize("odd", ["", " ", "a b", "x" * 2000, "码"])
def test_what_is_no_openid_comes_without_permits(world: World, odd: str) -> None:
    world.add("ada", forms(1))
    found = world.read_users(to_named(odd, "ada"))
    assert (found[0], found[1].openid) == (User(odd), "ada")


def test_a_slice_goes_on_after_any_recipient(world: World) -> None:
    campaign = to_named(*(f"u{n}" for n in range(250)))
    everyone = world.read(campaign)
    for n in (1, 99, 100, 101, 249, 250):
        rest = world.read_users(campaign, cursor=everyone[n - 1].cursor)
        assert rest == [later.user for later in everyone[n:]]


# ---- what only DynamoDB does


@pytest.mark.emulator
def test_a_slice_is_looked_up_once(dynamodb: DynamoDBClient) -> None:
    users, _ = create_tables(dynamodb)
    named = Named()
    recipients = DynamoRecipients(dynamodb, users, named)  # type: ignore[arg-type]
    campaign, cursor = to_named(*(f"u{n}" for n in range(250))), None
    for _ in range(3):
        cursor = recipients.page(campaign, 0, cursor).cursor
    assert (cursor, named.asked) == (None, 1)


@pytest.mark.emulator
def test_pages_of_a_megabyte_cut_through_users_and_none_is_lost(dynamodb: DynamoDBClient) -> None:
    users, state = create_tables(dynamodb)
    store = DynamoUserStore(dynamodb, users)
    wide = "p" * 950
    held = {f"user-{n}": forms(1500 if n == 2 else 600, prefix=wide) for n in range(6)}
    for openid, permits in held.items():
        store.add(openid, permits)
    world = World(
        Stores(
            store,
            DynamoLedger(dynamodb, EventLoopCalls(dynamodb), users),
            DynamoSweepStore(dynamodb, users, state, ACCOUNT),
        ),
        DynamoRecipients(dynamodb, users, Named()),  # type: ignore[arg-type]
        Named(),
    )
    pages = [page.recipients for page in world.pages(to_all())]
    assert {r.user.openid: set(r.user.permits) for page in pages for r in page} == {
        openid: set(permits) for openid, permits in held.items()
    }
    assert len([page for page in pages if page]) > 3


@pytest.mark.emulator
@pytest.mark.parametrize("campaign", [to_all(), to_named("ada")], ids=["table", "slice"])
def test_a_store_that_fails_says_so(dynamodb: DynamoDBClient, campaign: Campaign) -> None:
    recipients = DynamoRecipients(dynamodb, "no-such-table", Named())  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        recipients.page(campaign, 0, None)
