from local.simulator.pushes.events import Event
from local.simulator.pushes.outbox import Outbox, Push


def event(openid: str, at: int = 0) -> Event:
    return Event(openid, "e", (), at)


def take(outbox: Outbox) -> Push:
    push = outbox.take()
    assert push
    return push


def test_of_one_user_only_one_event_is_on_its_way_and_the_others_follow_in_order() -> None:
    outbox = Outbox()
    for at in (1, 2, 3):
        outbox.put(event("anna", at))
    order = []
    while push := outbox.take():
        assert outbox.take() is None
        order.append(push.event.at)
        outbox.finish(push, "delivered")
    assert order == [1, 2, 3]


def test_users_do_not_wait_for_each_other() -> None:
    outbox = Outbox()
    for openid in ("anna", "anna", "ben"):
        outbox.put(event(openid))
    assert [take(outbox).event.openid for _ in range(2)] == ["anna", "ben"]


def test_an_event_that_comes_while_another_is_pushed_waits_its_turn() -> None:
    outbox = Outbox()
    outbox.put(event("anna", 1))
    first = take(outbox)
    outbox.put(event("anna", 2))
    assert outbox.take() is None
    outbox.finish(first, "given_up")
    assert take(outbox).event.at == 2


def test_beyond_its_room_events_are_dropped_and_counted() -> None:
    outbox = Outbox(capacity=2)
    for at in range(3):
        outbox.put(event("anna", at))
    assert outbox.page(10, 0)["counts"] == {"waiting": 2, "dropped": 1, "delivered": 0, "given_up": 0}
    outbox.finish(take(outbox), "delivered")
    outbox.put(event("anna", 3))
    assert outbox.waiting == 2


def test_the_last_pushes_are_listed_page_by_page_and_by_user() -> None:
    outbox = Outbox(history=4)
    for at in range(6):
        outbox.put(event("anna" if at % 2 else "ben", at))
    first = outbox.page(3, 0)
    second = outbox.page(3, first["next_cursor"])
    assert [push["at"] for push in first["pushes"] + second["pushes"]] == [2, 3, 4, 5]
    assert second["next_cursor"] is None
    assert [push["at"] for push in outbox.page(9, 0, "anna")["pushes"]] == [3, 5]


def test_the_result_of_a_push_is_listed() -> None:
    outbox = Outbox()
    outbox.put(event("anna"))
    push = take(outbox)
    push.statuses += [None, 500, 200]
    outbox.finish(push, "delivered")
    [told] = outbox.page(1, 0)["pushes"]
    assert (told["state"], told["statuses"]) == ("delivered", [None, 500, 200])
    assert outbox.waiting == 0
