"""What is known of an audience before its campaign starts."""

from dataclasses import replace

import pytest
from support.memory import MemoryStore

from minipush.application.campaigns.assess_audience import AssessAudience, Assessment
from minipush.application.ports.sweeps import Sweep
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain.campaigns import Audience, AudienceType, Plan
from minipush.domain.messages import Message
from minipush.domain.permit_kinds import FORM, ONCE
from minipush.domain.permits import Permit
from minipush.domain.pool import PoolMeasure
from minipush.domain.tag_counts import TagCounts

NOW = 1_800_000_000_000
HOUR = 60 * 60 * 1000
PLAN = Plan(
    "Evening", Message(SUBSCRIBE_MESSAGE, "S1", data={"thing1": {"value": "Tea"}}), Audience(AudienceType.ALL)
)


def measured(*holders: tuple[str, Permit], tags: dict[str, int] | None = None) -> AssessAudience:
    store = MemoryStore()
    measure = PoolMeasure.begin(NOW, ["S1"])
    for openid, permit in holders:
        measure.count(openid, permit)
    measure.finish()
    store.publish(Sweep(measure, tags=TagCounts(dict(tags or {}))))
    return AssessAudience(store, lambda: NOW)


def accept(openid: str, template_id: str = "S1") -> tuple[str, Permit]:
    return openid, Permit(ONCE, openid, template_id=template_id)


def assessed(assess: AssessAudience, **changes: object) -> Assessment:
    return assess(replace(PLAN, **changes), is_text_checked=True)  # type: ignore[arg-type]


def test_as_many_are_expected_as_held_a_permit_at_the_last_measure() -> None:
    assess = measured(accept("ada"), accept("bo"), accept("cy", "S2"))
    assert assessed(assess) == Assessment(2, ())


def test_nobody_can_get_the_message() -> None:
    assert assessed(measured(accept("cy", "S2"))) == Assessment(0, ("empty_audience",))  # type: ignore[arg-type]


def test_the_smaller_of_tag_and_permits_is_expected() -> None:
    audience = Audience(AudienceType.TAG, tag="vip")
    assess = measured(accept("ada"), accept("bo"), tags={"vip": 1})
    assert assessed(assess, audience=audience) == Assessment(1, ())


def test_a_tag_that_nobody_bears_is_unknown() -> None:
    found = assessed(measured(accept("ada"), tags={"vip": 1}), audience=Audience(AudienceType.TAG, tag="vpi"))
    assert found.warnings == ("unknown_tag", "empty_audience")


def test_of_an_expiring_audience_those_are_expected_whose_permits_end_in_time() -> None:
    forms = [("ada", Permit(FORM, "f1", NOW + 5 * HOUR)), ("bo", Permit(FORM, "f2", NOW + 100 * HOUR))]
    audience = Audience(AudienceType.EXPIRING, within_hours=24)
    found = assessed(measured(*forms), message=Message(TEMPLATE_MESSAGE, "T1"), audience=audience)
    assert found == Assessment(1, ("retired_interface",))  # type: ignore[arg-type]


def test_without_a_measure_nothing_is_expected_and_nothing_warned_of() -> None:
    assert assessed(AssessAudience(MemoryStore(), lambda: NOW)) == Assessment(None, ())


def test_a_named_audience_needs_no_measure() -> None:
    named = Audience(AudienceType.OPENIDS, ("ada",))
    assert assessed(measured(), audience=named) == Assessment(None, ())


@pytest.mark.parametrize(("text", "warned"), [("Tea", ("no_text_check",)), (" ", ())])
def test_a_text_that_wechat_has_not_checked_is_warned_of(text: str, warned: tuple[str, ...]) -> None:
    message = replace(PLAN.message, data={"thing1": {"value": text}})
    found = measured(accept("ada"))(replace(PLAN, message=message), is_text_checked=False)
    assert found.warnings == warned
