"""Inboxes, in memory and in DynamoDB alike."""

from dataclasses import replace
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.centre_inbox import DAY, NOW, REF, SHOP, MemoryInbox, inbox_message
from support.tables import create_centre_table

from minipush.adapters.dynamodb.centre.inbox import DynamoInboxStore
from minipush.adapters.dynamodb.centre.inbox_items import ref_place, user_key
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.application.centre.change_inbox import DeleteMessages, MarkRead
from minipush.application.ports.centre.inbox import InboxStore, Named
from minipush.domain.centre.inbox import (
    Content,
    InboxMessage,
    ReadMarks,
    Sender,
    SenderKind,
    TextCheck,
    head_of,
)
from minipush.domain.centre.message_ids import id_at, message_id
from minipush.domain.centre.reminders import ChannelKind, ReminderReason, ReminderState, ReminderStatus

KEY = Sender(SenderKind.KEY, "keyref", "my server")


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest) -> InboxStore:
    if request.param == "memory":
        return MemoryInbox()
    client = request.getfixturevalue("dynamodb")
    return DynamoInboxStore(CentreTable(client, create_centre_table(client)))


def shown(store: InboxStore, since: int = 0) -> list[InboxMessage]:
    return [*store.page("ada", since, None, 100).entries]


FULL = inbox_message(
    content=Content(
        title="包裹",
        body="到了",
        markdown="**到了**",
        url="https://x.example/1",
        page="pages/a",
        copy="42",
        group="g",
    ),
    text_check=TextCheck.PENDING,
    reminder=ReminderState(
        status=ReminderStatus.CLAIMED,
        until=NOW + 5,
        channel=ChannelKind.EMAIL,
        tried=(ChannelKind.BARK,),
        in_doubt=(ChannelKind.BARK,),
        owner="worker",
        lease_until=NOW + 1,
        first_try=NOW,
        tries=2,
        reason=ReminderReason.CHANNEL_DEAD,
        provider_id="p-1",
    ),
)


@pytest.mark.parametrize("message", [inbox_message(), FULL, inbox_message(sender=KEY)])
def test_a_message_is_read_as_it_was_stored(store: InboxStore, message: InboxMessage) -> None:
    assert store.put(message)
    assert shown(store) == [message]
    assert store.find("ada", message.id) == message
    assert store.read("ada", message.place) == message


def test_a_message_is_stored_once_and_the_first_one_stays(store: InboxStore) -> None:
    assert store.put(inbox_message())
    assert not store.put(inbox_message(content=Content(title="other")))
    assert shown(store) == [inbox_message()]


def test_messages_come_newest_first_page_by_page(store: InboxStore) -> None:
    messages = [inbox_message(str(n), NOW + n) for n in range(5)]
    for message in messages:
        store.put(message)
    store.put(inbox_message("hers", openid="bo"))
    first = store.page("ada", 0, None, 3)
    second = store.page("ada", 0, first.after, 3)
    assert [*first.entries, *second.entries] == messages[::-1]
    assert (first.after is not None, second.after) == (True, None)


def test_heads_are_those_of_the_same_messages(store: InboxStore) -> None:
    messages = [inbox_message(str(n), NOW + n) for n in range(3)]
    for message in messages:
        store.put(message)
    store.mark_read(messages[0], NOW)
    store.delete(messages[1])
    heads = store.heads("ada", 0, None, 10).entries
    assert {head.until for head in heads} == {inbox_message().until}
    assert [(head.id, head.at, head.sender) for head in heads] == [(m.id, m.at, SHOP) for m in messages[::-1]]
    assert [(head.is_read, head.is_deleted) for head in heads] == [
        (False, False),
        (False, True),
        (True, False),
    ]


def test_older_messages_than_asked_for_are_left_out(store: InboxStore) -> None:
    for n in range(3):
        store.put(inbox_message(str(n), NOW + n))
    assert [message.at for message in shown(store, NOW + 1)] == [NOW + 2, NOW + 1]
    assert [head.at for head in store.heads("ada", NOW + 2, None, 10).entries] == [NOW + 2]


def test_nothing_follows_a_place_before_the_first_one(store: InboxStore) -> None:
    store.put(inbox_message())
    page = store.page("ada", NOW + 1, inbox_message().place, 10)
    assert (page.entries, page.after) == ([], None)


def test_what_nobody_has_stored_is_not_found(store: InboxStore) -> None:
    assert store.find("ada", inbox_message().id) is None
    assert store.find_named("ada", SHOP.id, "order 7") is None
    assert store.read_marks("ada") == ReadMarks()


@pytest.mark.parametrize("text", ["z" * 32, "unknown", ""])
def test_a_text_that_is_no_id_finds_nothing(store: InboxStore, text: str) -> None:
    store.put(inbox_message())
    assert store.find("ada", text) is None


def test_a_message_is_read_once(store: InboxStore) -> None:
    store.put(inbox_message())
    store.mark_read(inbox_message(), NOW + 1)
    store.mark_read(inbox_message(), NOW + 2)
    assert [message.read_at for message in shown(store)] == [NOW + 1]


def test_a_message_that_is_gone_is_not_marked(store: InboxStore) -> None:
    store.mark_read(inbox_message(), NOW)
    assert shown(store) == []


def test_a_verdict_on_a_text_is_kept_with_its_message(store: InboxStore) -> None:
    waiting = inbox_message(text_check=TextCheck.PENDING)
    store.put(waiting)
    passed = replace(waiting, text_check=TextCheck.PASSED)
    store.keep_text_check(passed)
    assert shown(store) == [passed]


def test_a_verdict_brings_no_message_back(store: InboxStore) -> None:
    store.keep_text_check(inbox_message(text_check=TextCheck.PASSED))
    assert shown(store) == []


@pytest.mark.parametrize("is_recall", [False, True])
def test_a_deleted_message_keeps_its_place_without_its_content(store: InboxStore, is_recall: bool) -> None:
    store.put(FULL)
    assert store.delete(FULL, is_recall=is_recall)
    assert not store.delete(FULL)
    gone = replace(FULL, content=Content(), is_deleted=True, is_recalled=is_recall)
    assert shown(store) == [gone]
    assert not store.put(FULL)


def test_a_message_that_was_read_is_not_recalled(store: InboxStore) -> None:
    store.put(inbox_message())
    store.mark_read(inbox_message(), NOW + 1)
    assert not store.delete(inbox_message(), is_recall=True)
    assert [message.is_deleted for message in shown(store)] == [False]


def test_a_message_that_is_not_there_is_not_deleted(store: InboxStore) -> None:
    assert not store.delete(inbox_message())
    assert shown(store) == []


@pytest.mark.parametrize("appid", [None, "wx-shop"])
def test_a_mark_goes_forward_only(store: InboxStore, appid: str | None) -> None:
    for at in (NOW, NOW + 5, NOW + 1):
        store.mark_read_to("ada", at, appid)
    store.mark_deleted_to("ada", NOW + 2, appid)
    marks = store.read_marks("ada")
    read, deleted = inbox_message("a", NOW + 5), inbox_message("b", NOW + 2)
    assert marks.is_read(head_of(read))
    assert not marks.is_deleted(head_of(read))
    assert marks.is_deleted(head_of(deleted))
    assert not marks.is_read(head_of(inbox_message("c", NOW + 6)))


@pytest.mark.parametrize("change", [MarkRead, DeleteMessages])
def test_an_instant_before_all_messages_marks_none(
    store: InboxStore, change: type[MarkRead | DeleteMessages]
) -> None:
    change(store, lambda: NOW).before("ada", -DAY)
    assert store.read_marks("ada") == ReadMarks()


def test_an_apps_mark_is_not_one_of_others(store: InboxStore) -> None:
    store.mark_read_to("ada", NOW, "wx-shop")
    marks = store.read_marks("ada")
    others = [inbox_message(sender=Sender(SenderKind.APP, "wx-bank", "Bank")), inbox_message(sender=KEY)]
    assert [marks.is_read(head_of(message)) for message in others] == [False, False]


def test_many_messages_are_emptied_together_and_what_is_gone_stays_so(store: InboxStore) -> None:
    messages = [inbox_message(str(n), NOW + n) for n in range(60)]
    for message in messages[:-1]:
        store.put(message)
    store.empty("ada", [head_of(message) for message in messages[30:]])
    assert [message.is_deleted for message in shown(store)] == [True] * 29 + [False] * 30
    assert {message.content for message in shown(store)[:29]} == {Content()}


# ---- messages with a ref of the sender's


def named(at: int = NOW, made: int = NOW, **changes: Any) -> InboxMessage:
    id_ = message_id(made, "one", REF)
    return inbox_message(at=at, id=id_, sender_ref="order 7", **changes)


def test_a_message_with_a_ref_is_found_by_it(store: InboxStore) -> None:
    assert store.put_named(named(), None)
    assert store.find_named("ada", SHOP.id, "order 7") == Named(named().id, NOW, named(), named().id)
    assert store.find_named("ada", SHOP.id, "order 8") is None
    assert store.find_named("ada", "wx-bank", "order 7") is None


def test_two_first_messages_with_the_same_ref_do_not_stand_side_by_side(store: InboxStore) -> None:
    assert store.put_named(named(), None)
    assert not store.put_named(named(NOW + 1, NOW + 1), None)
    assert shown(store) == [named()]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_replaced_message_moves_and_is_found_by_its_id(store: InboxStore, times: int) -> None:
    store.put_named(named(), None)
    for n in range(1, times + 1):
        before = store.find_named("ada", SHOP.id, "order 7")
        after = named(NOW + n, content=Content(title=str(n)))
        assert store.put_named(after, before)
        assert shown(store) == [after]
        assert store.find("ada", after.id) == after
        assert store.find_named("ada", SHOP.id, "order 7") == Named(after.id, after.at, after, after.id)


def test_a_ref_tells_which_push_stored_its_message(store: InboxStore) -> None:
    store.put_named(named(), None)
    push_id = message_id(NOW - 5, "two", REF)
    assert store.put_named(named(NOW + 1), store.find_named("ada", SHOP.id, "order 7"), push_id)
    found = store.find_named("ada", SHOP.id, "order 7")
    assert found
    assert (found.id, found.push_id) == (named().id, push_id)


@pytest.mark.emulator
def test_a_ref_that_an_older_version_wrote_has_its_messages_instant(dynamodb: DynamoDBClient) -> None:
    table = CentreTable(dynamodb, create_centre_table(dynamodb))
    store, message = DynamoInboxStore(table), named()
    store.put_named(message, None)
    where = user_key("ada", ref_place(SHOP.id, "order 7"))
    table.put({name: value for name, value in table.get(where).items() if name != "push_id"})
    found = store.find_named("ada", SHOP.id, "order 7")
    assert found == Named(message.id, message.at, message, id_at(message.id, message.at))


def test_each_place_of_a_replaced_message_counts_and_one_is_shown(store: InboxStore) -> None:
    store.put_named(named(), None)
    for n in (1, 2):
        store.put_named(named(NOW + n), store.find_named("ada", SHOP.id, "order 7"))
    heads = store.heads("ada", 0, None, 10).entries
    assert [(head.id, head.at, head.sender) for head in heads] == [
        (named().id, NOW + n, SHOP) for n in (2, 1, 0)
    ]
    assert [head.is_deleted for head in heads] == [False, True, True]
    assert shown(store) == [named(NOW + 2)]


def test_a_place_that_a_message_left_stays_for_a_day_and_its_first_one_as_long_as_the_message(
    store: InboxStore,
) -> None:
    store.put_named(named(), None)
    for n in (1000, 2000):
        store.put_named(named(NOW + n), store.find_named("ada", SHOP.id, "order 7"))
    heads = store.heads("ada", 0, None, 10).entries
    assert [head.until for head in heads] == [named().until, NOW + 1000 + DAY, named().until]


def test_of_two_that_replace_the_same_message_one_does(store: InboxStore) -> None:
    store.put_named(named(), None)
    before = store.find_named("ada", SHOP.id, "order 7")
    assert store.put_named(named(NOW + 1), before)
    assert not store.put_named(named(NOW + 2), before)
    assert shown(store) == [named(NOW + 1)]


def test_a_message_that_moves_while_it_is_looked_for_gets_no_second_one_beside_it(store: InboxStore) -> None:
    store.put_named(named(), None)
    before = store.find_named("ada", SHOP.id, "order 7")
    assert before
    store.put_named(named(NOW + 1), before)
    overtaken = replace(before, message=None)
    assert not store.put_named(named(NOW + 2, NOW + 2), overtaken)
    assert shown(store) == [named(NOW + 1)]


def test_a_message_that_was_deleted_is_not_replaced_in_its_place(store: InboxStore) -> None:
    store.put_named(named(), None)
    before = store.find_named("ada", SHOP.id, "order 7")
    store.delete(named())
    assert not store.put_named(named(NOW + 1), before)


def test_another_message_takes_over_the_ref_of_one_that_was_deleted(store: InboxStore) -> None:
    store.put_named(named(), None)
    store.delete(named())
    before = store.find_named("ada", SHOP.id, "order 7")
    after = named(NOW + DAY, NOW + DAY)
    assert store.put_named(after, before)
    assert store.find_named("ada", SHOP.id, "order 7") == Named(after.id, after.at, after, after.id)
    assert [message.is_deleted for message in shown(store)] == [False, True]


def test_the_place_that_a_message_left_is_taken(store: InboxStore) -> None:
    store.put_named(named(), None)
    store.put_named(named(NOW + 1), store.find_named("ada", SHOP.id, "order 7"))
    assert not store.put(named())


# ---- messages that are stored long after their first try


def late_message(**changes: object) -> InboxMessage:
    return inbox_message(**changes, at=NOW + 60_000, id=message_id(NOW, "one", REF))  # type: ignore[arg-type]


@pytest.mark.parametrize("ref", [None, "parcel-7"])
def test_a_late_message_stands_at_its_instant_and_is_found_by_its_id(
    store: InboxStore, ref: str | None
) -> None:
    late = late_message(sender_ref=ref)
    assert store.put_named(late, None) if ref else store.put(late)
    assert store.page("ada", 0, None, 10).entries == [late]
    assert store.page("ada", NOW + 60_000, None, 10).entries == [late]
    assert store.find("ada", late.id) == late


@pytest.mark.parametrize("ref", [None, "parcel-7"])
def test_a_late_message_and_its_slow_first_try_are_one_message(store: InboxStore, ref: str | None) -> None:
    first, late = inbox_message(sender_ref=ref), late_message(sender_ref=ref)

    def put(message: InboxMessage) -> bool:
        return store.put_named(message, None) if ref else store.put(message)

    assert [put(late), put(first), put(replace(late, at=late.at + 1))] == [True, False, False]
    assert store.page("ada", 0, None, 10).entries == [late]


def test_of_a_message_that_is_there_no_late_one_is_stored(store: InboxStore) -> None:
    store.put(inbox_message())
    assert not store.put(late_message())
    assert store.page("ada", 0, None, 10).entries == [inbox_message()]


def test_a_late_message_moves_on_as_any_other(store: InboxStore) -> None:
    late = late_message(sender_ref="parcel-7")
    store.put_named(late, None)
    moved = replace(late, at=late.at + 5)
    assert store.put_named(moved, store.find_named("ada", SHOP.id, "parcel-7"))
    assert store.page("ada", 0, None, 10).entries == [moved]
    assert store.find("ada", late.id) == moved


@pytest.mark.parametrize("ref", [None, "order-7"])
@pytest.mark.parametrize("late_ms", [0, 7_000])
def test_of_a_message_that_is_withdrawn_nothing_is_left_that_says_anything(
    store: InboxStore, ref: str | None, late_ms: int
) -> None:
    message = inbox_message(at=NOW, sender_ref=ref)
    message = replace(message, at=NOW + late_ms)
    assert store.put(message) if ref is None else store.put_named(message, None)
    store.withdraw(message, NOW + 9_000)
    [left] = shown(store)
    assert (left.content, left.sender_ref, left.is_deleted) == (Content(), None, True)
    heads = store.heads("ada", 0, None, 100).entries
    assert {head.until for head in heads} == {NOW + 9_000}
    assert all(head.is_deleted for head in heads)


def test_what_an_erasure_has_taken_is_not_brought_back_by_a_withdrawal(store: InboxStore) -> None:
    store.withdraw(inbox_message(sender_ref="order-7"), NOW)
    assert (shown(store), store.find_named("ada", SHOP.id, "order-7")) == ([], None)


def test_a_message_ends_when_its_sender_says(store: InboxStore) -> None:
    message = inbox_message(until=NOW + 60_000)
    store.put(message)
    assert shown(store) == [message]
    assert [head.until for head in store.heads("ada", 0, None, 100).entries] == [NOW + 60_000]
    store.withdraw(message, NOW + 1_000)
    assert [head.until for head in store.heads("ada", 0, None, 100).entries] == [NOW + 1_000]


@pytest.mark.emulator
@pytest.mark.parametrize("ref", [None, "order-7"])
def test_a_message_that_ends_soon_counts_for_a_day(dynamodb: DynamoDBClient, ref: str | None) -> None:
    """DynamoDB deletes items by their `ttl`, and the limits count what is there."""
    table = CentreTable(dynamodb, create_centre_table(dynamodb))
    store = DynamoInboxStore(table)
    message = inbox_message(until=NOW + 60_000, sender_ref=ref)
    places = [message.place]
    if ref is None:
        store.put(message)
    else:
        store.put_named(message, None)
        newer = replace(message, at=NOW + 1_000)
        store.put_named(newer, store.find_named("ada", SHOP.id, ref))
        places.append(newer.place)
    kept = [int(table.get(user_key("ada", place))["ttl"]["N"]) * 1000 for place in places]
    assert kept == [NOW + DAY + 1_000 * n for n in range(len(places))]
