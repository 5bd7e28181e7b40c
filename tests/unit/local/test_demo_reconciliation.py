"""The reconciliation of minipush's numbers with WeChat's."""

from collections import Counter
from typing import Any

import pytest

from local.demo.back_end import CAMPAIGN, DIRECT, SUBSCRIPTION
from local.demo.phones import CollectResult
from local.demo.population import PROFILES, User
from local.demo.reconciliation import Reconciliation, all_match, table
from local.demo.subscribers import SUBSCRIBER_PROFILES, SubscriptionReconciliation, assign_profiles

SENT, UNKNOWN = {"status": "sent"}, {"status": "unknown"}
INVALIDATED = {"status": "failed", "reason": "no_permit"}


def message(openid: str, permit: str = "form", template_id: str = DIRECT) -> dict[str, str]:
    return {"openid": openid, "permit": permit, "template_id": template_id}


TO_ALL = message("bo", "pay", CAMPAIGN)
DIRECTLY = [message("anna"), message("bo", "pay"), message("di")]


def numbers(**changes: Any) -> Reconciliation:
    """Anna's one formId and two of Bo's three pay sends are spent, Cai's formId is too old, Di's answer
    was lost after WeChat accepted the message.
    """
    form_ids = {"live": 0, "expired": 1, "spent": 2}
    good: dict[str, Any] = {
        "collected": CollectResult(sends=6, stored=4, rejected=Counter(mock_form_id=1)),
        "direct": {"anna": SENT, "bo": SENT, "cai": INVALIDATED, "di": UNKNOWN},
        "campaign": {"bo": SENT},
        "left": 1,
        "summary": {"users": 4, "form_ids": form_ids, "prepay_ids": {"live": 1, "expired": 0, "spent": 0}},
        "messages": [*DIRECTLY, TO_ALL],
    }
    return Reconciliation(**good | changes)


def test_numbers_that_match_are_not_marked() -> None:
    rows = numbers().rows()
    assert all_match(rows), table(rows)
    assert "disagree" not in table(rows)


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"messages": [message("anna"), message("di"), TO_ALL]}, "  sent"),
        ({"messages": DIRECTLY}, "  sent"),
        ({"messages": [*DIRECTLY, message("anna"), TO_ALL]}, "  users reached more than once"),
        ({"messages": [*DIRECTLY, TO_ALL, TO_ALL]}, "  users reached more than once"),
        (
            {"messages": [*DIRECTLY, message("cai"), TO_ALL]},
            "  accepted by WeChat for none of the users above",
        ),
        (
            {"messages": [*DIRECTLY, TO_ALL, message("anna", template_id=CAMPAIGN)]},
            "  accepted by WeChat for none of the users above",
        ),
        ({"left": 0}, "  left in the pool"),
        ({"left": 0}, "  invalidated: WeChat rejected them"),
        ({"collected": CollectResult(sends=6, stored=3)}, "  ids collected"),
        ({"direct": {"anna": SENT, "bo": SENT, "di": UNKNOWN}, "messages": [TO_ALL]}, "users"),
    ],
)
def test_a_number_that_differs_is_pointed_at(changes: dict[str, Any], label: str) -> None:
    rows = numbers(**changes).rows()
    assert not all_match(rows)
    assert label in [row.label for row in rows if not row.matches]
    printed = [line for line in table(rows).splitlines() if line.startswith(f"{label}  ")]
    assert any(line.endswith("they disagree") for line in printed)


def subscribed(openid: str, undelivered: int | None = None) -> dict[str, Any]:
    return {"openid": openid, "template_id": SUBSCRIPTION, "undelivered": undelivered}


FAILED_LATER = {"status": "failed", "reason": "wechat_unavailable"}
DELIVERED = [subscribed("anna"), subscribed("di")]


def subscription_numbers(**changes: Any) -> SubscriptionReconciliation:
    """Anna accepted twice, Bo, Di and Eve once, and Eve turned it off. Bo's message was not delivered in the
    end, and the answer to Di's was lost.
    """
    good: dict[str, Any] = {
        "stored": 5,
        "results": {"anna": SENT, "bo": SENT, "di": UNKNOWN},
        "left": 1,
        "summary": {"subscriptions": {"once": 1, "long": 0}, "choices": {"accepted": 5, "voided": 1}},
        "messages": [*DELIVERED, subscribed("bo", -1)],
        "events": {"delivered": 9, "given_up": 0, "dropped": 0, "waiting": 0},
    }
    return SubscriptionReconciliation(**good | changes)


@pytest.mark.parametrize("later", [SENT, FAILED_LATER], ids=["still sent", "failed by now"])
def test_a_message_that_failed_later_agrees_however_it_is_counted(later: dict[str, str]) -> None:
    rows = subscription_numbers(results={"anna": SENT, "bo": later, "di": UNKNOWN}).rows()
    assert all_match(rows), table(rows)
    assert {row.label: row.wechat for row in rows}["  accepted by WeChat, but not delivered"] == 1


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"messages": DELIVERED}, "  sent"),
        ({"messages": DELIVERED}, "  spent"),
        ({"messages": [*DELIVERED, subscribed("bo"), subscribed("bo")]}, "  users reached more than once"),
        (
            {"messages": [*DELIVERED, subscribed("bo"), subscribed("eve")]},
            "  accepted by WeChat for none of the users above",
        ),
        (
            {"results": {"anna": SENT, "bo": FAILED_LATER, "di": UNKNOWN}, "messages": DELIVERED},
            "  withdrawn in the settings",
        ),
        ({"stored": 4}, "  accepts collected"),
        ({"left": 2}, "  left in the pool"),
        ({"left": 2}, "  withdrawn in the settings"),
        ({"events": {"given_up": 1, "dropped": 0}}, "  events WeChat could not deliver"),
    ],
)
def test_a_number_of_the_subscriptions_that_differs_is_pointed_at(
    changes: dict[str, Any], label: str
) -> None:
    rows = subscription_numbers(**changes).rows()
    assert label in [row.label for row in rows if not row.matches]


def test_a_small_population_of_subscribers_has_every_profile() -> None:
    profiles = assign_profiles([User(f"o-{n}", PROFILES[0]) for n in range(len(SUBSCRIBER_PROFILES))])
    assert set(profiles.values()) == set(SUBSCRIBER_PROFILES)
