"""Campaigns and segments survive their conversion to items and back."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipush.adapters.dynamodb.campaigns.items import (
    META,
    campaign_item,
    created,
    position,
    read_campaign,
    read_slice,
    shortened,
    slice_items,
)
from minipush.adapters.dynamodb.campaigns.segment_items import handover, progress, read_segment, segment_key
from minipush.application.ports.campaigns import INLINE
from minipush.channels import BROADCAST, MESSAGE_TYPES, message_type
from minipush.domain.campaign_minutes import RATED_MINUTES, SPAN, Minute
from minipush.domain.campaigns import (
    SLICE,
    Audience,
    AudienceType,
    Campaign,
    CampaignStatus,
    FrequencyCap,
    Plan,
    RefusalState,
    Segment,
)
from minipush.domain.counts import Counts
from minipush.domain.messages import Cause, Message, Reason
from minipush.domain.statistics import Activity

DAYS = 90
TEXT = st.text(max_size=20)
ID = st.text("abc-09", min_size=1, max_size=8)
INSTANT = st.integers(0, 4_000_000_000_000)
COUNT = st.integers(0, 10**9)
FIT_FOR_A_SEGMENT = 1024

MESSAGES = st.builds(
    Message,
    type=st.sampled_from((*MESSAGE_TYPES, BROADCAST)),
    template_id=TEXT,
    page=st.none() | TEXT,
    data=st.dictionaries(TEXT, st.dictionaries(st.just("value"), TEXT), max_size=3),
    emphasis_keyword=st.none() | TEXT,
    miniprogram_state=st.none() | TEXT,
    lang=st.none() | TEXT,
    essential=st.booleans(),
    on_unknown=st.sampled_from((None, "retry")),
    checks_values=st.booleans(),
)
AUDIENCES = st.builds(
    Audience,
    type=st.sampled_from(AudienceType),
    openids=st.lists(TEXT, max_size=5, unique=True).map(tuple),
    tag=st.none() | TEXT,
    within_hours=st.none() | st.integers(1, 168),
    appid=st.none() | TEXT,
)
PLANS = st.builds(
    Plan,
    name=TEXT,
    message=MESSAGES,
    audience=AUDIENCES,
    at=st.none() | INSTANT,
    max_per_second=st.none() | COUNT,
    frequency_cap=st.none() | st.builds(FrequencyCap, messages=COUNT, hours=COUNT),
)
CAMPAIGNS = st.builds(
    Campaign,
    id=ID,
    plan=PLANS,
    segments=st.integers(1, 1000),
    status=st.sampled_from(CampaignStatus),
    created_at=INSTANT,
    changed_at=INSTANT,
    started_at=st.none() | INSTANT,
    finished_at=st.none() | INSTANT,
    reason=st.none() | st.sampled_from(Reason),
    errcode=st.none() | st.integers(-1, 99999),
    revision=st.just("") | ID,
    expected=st.none() | COUNT,
    warnings=st.lists(st.sampled_from(("unknown_tag", "no_text_check")), unique=True).map(tuple),
)
CAUSES = [Cause(reason, errcode) for reason in [*Reason][:4] for errcode in (None, 43101)]
SEGMENTS = st.builds(
    Segment,
    campaign_id=ID,
    number=st.integers(0, 9999),
    owner=ID,
    lease_until=INSTANT,
    cursor=st.none() | TEXT,
    counts=st.builds(
        Counts, COUNT, COUNT, COUNT, COUNT, by_reason=st.dictionaries(st.sampled_from(Reason), COUNT)
    ),
    settled_out_of_order=st.frozensets(TEXT, max_size=5),
    pages=COUNT,
    owners=st.lists(st.tuples(COUNT, ID), max_size=3).map(tuple),
    done=st.booleans(),
    minutes=st.lists(st.builds(Minute, COUNT, COUNT, COUNT, COUNT, COUNT), max_size=3).map(tuple),
    unreported=st.builds(
        Activity,
        sent=COUNT,
        failed=COUNT,
        spent=COUNT,
        by_reason=st.dictionaries(st.sampled_from([*map(str, Reason)]), COUNT),
    ),
    refusal_state=st.builds(RefusalState, st.booleans(), COUNT, COUNT, COUNT, COUNT, COUNT),
    error_window=st.lists(st.none() | st.sampled_from(CAUSES), max_size=100).map(tuple),
)


SEGMENT = Segment("c-1", 0, "ann", 1)


def item_of(segment: Segment) -> dict[str, dict[str, object]]:
    """As a take and a save write it."""
    taken = {
        "owner": {"S": segment.owner},
        "owners": {"S": handover(segment, segment.owner)},
        "lease_until": {"N": str(segment.lease_until)},
    }
    saved = {name: value for name, value in progress(segment).items() if value}
    return segment_key(segment.campaign_id, segment.number) | taken | saved


@given(CAMPAIGNS)
def test_a_campaign_is_read_as_it_was_written(campaign: Campaign) -> None:
    item = campaign_item(campaign, DAYS)
    assert read_campaign(item, message_type) == campaign
    for key_ in (position(created(campaign), None), position(created(campaign), campaign.status)):
        assert {name: item[name] for name in key_} == key_
    assert item["sk"] == {"S": META}


@given(CAMPAIGNS)
def test_a_plan_from_before_a_message_had_all_of_its_fields_is_read(campaign: Campaign) -> None:
    item = campaign_item(campaign, DAYS)
    plan = json.loads(item["plan"]["S"])
    later = {name: plan["message"].pop(name) for name in ("on_unknown", "checks_values")}
    message = read_campaign(item | {"plan": {"S": json.dumps(plan)}}, message_type).plan.message
    assert replace(message, **later) == campaign.plan.message
    assert (message.on_unknown, message.checks_values) == (None, True)


@given(SEGMENTS)
def test_a_segment_is_read_as_it_was_written(segment: Segment) -> None:
    assert read_segment(item_of(segment)) == segment


@given(CAMPAIGNS, st.integers(0, 3 * SLICE))
def test_an_audience_is_whole_inline_or_in_slices(campaign: Campaign, size: int) -> None:
    openids = tuple(f"o{n}" for n in range(size))
    plan = replace(campaign.plan, audience=replace(campaign.plan.audience, openids=openids))
    long = replace(campaign, plan=plan)
    inline = read_campaign(campaign_item(long, DAYS), message_type).plan.audience.openids
    slices = [read_slice(item) for item in slice_items(long, DAYS)]
    assert (*inline, *(openid for part in slices for openid in part)) == openids
    assert inline == shortened(long).plan.audience.openids
    assert len(inline) <= INLINE
    assert all(len(part) == SLICE for part in slices[:-1])


@given(CAMPAIGNS, CAMPAIGNS)
def test_what_was_created_later_sorts_later(one: Campaign, other: Campaign) -> None:
    assert (created(one) < created(other)) == ((one.created_at, one.id) < (other.created_at, other.id))


# These are of campaigns, and no recipient's.
OF_CAMPAIGNS = {Reason.OVERDUE, Reason.SENDING_OFF}
OF_FOLLOWERS = {Reason.NOT_FOLLOWING, Reason.NOT_MAPPED, Reason.DUPLICATE}
OF_BROADCASTS = {Reason.UNBOUND, Reason.RATE_LIMITED, Reason.APP_BANNED}
OF_WECHAT = set(Reason) - OF_CAMPAIGNS - OF_BROADCASTS
REASONS = {
    "mini-program": OF_WECHAT - OF_FOLLOWERS,
    "official account": OF_WECHAT - {Reason.NO_PERMIT},
    "broadcast": OF_BROADCASTS | {Reason.REFUSED, Reason.CONTENT_BLOCKED, Reason.WECHAT_UNAVAILABLE},
}


@pytest.mark.parametrize("account", REASONS)
def test_a_segment_on_its_way_takes_one_write_unit(account: str) -> None:
    """The longest cursor (an openid and a permit's key), each reason that fits, an hour of owners, minutes at
    full speed."""
    segment = Segment(
        "c-0123456789abcdef01234567",
        999,
        "0a1b2c3d",
        1_800_000_000_000,
        cursor="o" * 28 + " P#form##1#" + "f" * 64,
        counts=Counts(99_999, 99_999, 99_999, 99_999, {reason.value: 9_999 for reason in REASONS[account]}),
        minutes=tuple(Minute(30_000_000 + n, 99_999, 99, 999, 9) for n in range(SPAN + RATED_MINUTES - 1)),
        unreported=Activity(sent=99_999, spent=99_999, failed=99, by_reason={"refused": 99, "quota": 9}),
        pages=9_999,
        owners=tuple((n * 100, "0a1b2c3d") for n in range(12)),
    )
    item = item_of(segment)
    size = sum(len(name) + sum(len(str(value)) for value in field.values()) for name, field in item.items())
    assert size < FIT_FOR_A_SEGMENT


def test_the_state_of_refusals_keeps_its_stored_names() -> None:
    stored = '{"check_again":true,"usual":40,"most":250,"checked":7,"again":3,"rate":20}'
    segment = replace(SEGMENT, refusal_state=RefusalState(True, 40, 250, 7, 3, 20))
    assert progress(segment)["refusal_state"] == {"S": stored}
    assert read_segment(item_of(segment)) == segment


def test_a_state_of_refusals_without_the_later_names_is_read() -> None:
    item = item_of(SEGMENT) | {"refusal_state": {"S": '{"check_again":true,"usual":40,"most":250}'}}
    assert read_segment(item).refusal_state == RefusalState(needs_check=True, usual_percent=40, max_rate=250)
