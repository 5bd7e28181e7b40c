"""What a rule hands over when it fires."""

from typing import Any

import pytest

from minipush.application.messages.check_text import TextCheckRequest
from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain.campaigns import Audience, AudienceType, FrequencyCap, Plan
from minipush.domain.messages import Message
from minipush.http.schemas.campaign_requests import parse_fired

CAMPAIGN = {
    "name": "Before they expire",
    "message": {"type": "template", "template_id": "T1", "keywords": ["Yoga"]},
    "audience": {"type": "expiring", "within_hours": 24},
    "frequency_cap": {"messages": 1, "hours": 24},
}
FIRED = {"occurrence": "arn:aws:events:eu-west-1:1:rule/daily/2026-11-21T08:00:00Z", "campaign": CAMPAIGN}


def test_a_firing_is_a_campaign_of_its_occurrence() -> None:
    fired = parse_fired(FIRED)
    assert (fired.occurrence, fired.text_check) == (FIRED["occurrence"], None)
    assert fired.plan == Plan(
        "Before they expire",
        Message(TEMPLATE_MESSAGE, "T1", data={"keyword1": {"value": "Yoga"}}),
        Audience(AudienceType.EXPIRING, within_hours=24),
        frequency_cap=FrequencyCap(1, 24),
    )


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({}, "/occurrence: this field is required; /campaign: this field is required"),
        (None, "/: expected an object"),
        ([], "/: expected an object"),
        (FIRED | {"occurrence": ""}, "/occurrence: "),
        (FIRED | {"occurrence": "x" * 2049}, "/occurrence: "),
        (FIRED | {"occurrence": 5}, "/occurrence: "),
        (FIRED | {"occurrence": " \n"}, "/occurrence: "),
        (
            FIRED | {"occurrence": "daily/<aws.scheduler.scheduled-time>"},
            "/occurrence: <aws.scheduler.scheduled-time> was not replaced",
        ),
        (FIRED | {"occurrence": "<rule>/<time>"}, "/occurrence: <rule> was not replaced"),
        (FIRED | {"extra": 5}, "/extra: "),
        (FIRED | {"campaign": None}, "/campaign: "),
        (
            FIRED | {"campaign": CAMPAIGN | {"schedule": {"at": "2027-01-01T00:00:00Z"}}},
            "/campaign/schedule: ",
        ),
        (FIRED | {"campaign": CAMPAIGN | {"dry_run": True}}, "/campaign/dry_run: "),
        (FIRED | {"campaign": CAMPAIGN | {"name": ""}}, "/campaign/name: "),
        (FIRED | {"campaign": CAMPAIGN | {"text_check": {}}}, "/campaign/text_check/openid: "),
        (
            FIRED | {"campaign": CAMPAIGN | {"audience": {"type": "tag"}}},
            "/campaign/audience/tag: this field is required",
        ),
        (
            FIRED
            | {
                "campaign": CAMPAIGN
                | {"message": {"type": "template", "template_id": "T1", "essential": True}}
            },
            "/campaign/message/essential: a campaign can't be essential",
        ),
    ],
)
def test_what_is_no_campaign_is_refused_with_its_place(event: Any, told: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_fired(event)
    assert f"the event is not a campaign: {told}" in str(caught.value)


@pytest.mark.parametrize("occurrence", ["x", "鍵" * 2048])
def test_an_occurrence_may_be_any_text(occurrence: str) -> None:
    assert parse_fired(FIRED | {"occurrence": occurrence})[0] == occurrence


@pytest.mark.parametrize("given", [{}, {"reviewed": True}])
def test_a_rule_may_have_its_text_checked(given: dict[str, bool]) -> None:
    campaign = CAMPAIGN | {"text_check": {"openid": "anna", **given}}
    fired = parse_fired(FIRED | {"campaign": campaign})
    assert fired.text_check == TextCheckRequest("anna", **given)
    assert fired.plan == parse_fired(FIRED).plan
