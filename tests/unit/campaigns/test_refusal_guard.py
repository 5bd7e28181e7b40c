"""43101 in campaigns: believed, unless it comes in a sudden mass; then there is a rest, and a second check."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest
from support.concurrent_requests import BUSY, MESSAGE, BurstCampaign

from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.domain import permit_kinds
from minipush.domain.campaigns import CampaignStatus, RefusalState
from minipush.domain.counts import Counts
from minipush.domain.messages import Reason
from minipush.domain.permits import Permit
from minipush.errors import StoreError

type RunCampaign = Callable[[BurstCampaign], BurstCampaign]
SEEDS = 16
SETTINGS = WorkerSettings()
WINDOW, MASS, SHARE = SETTINGS.refusals.window, SETTINGS.refusals.mass, SETTINGS.refusals.share
SLICE = SETTINGS.slice_seconds
REST_SECONDS = SETTINGS.rest_after_refusals_seconds


@pytest.fixture
def run_campaign(monkeypatch: pytest.MonkeyPatch) -> RunCampaign:
    """To the end, in simulated time."""

    def run(campaign: BurstCampaign, seconds: float = 300) -> BurstCampaign:
        monkeypatch.setattr("time.monotonic", lambda: 1000 + campaign.time.passed)
        campaign.run(seconds=seconds)
        return campaign

    return run


def some(count: int, *, refused: float, seed: int = 1) -> list[bool]:
    """Users; of so many of them WeChat knows no accept."""
    chance = random.Random(seed)
    return [chance.random() >= refused for _ in range(count)]


def test_a_few_refusals_are_believed_and_cost_no_rest(run_campaign: RunCampaign) -> None:
    users = some(600, refused=0.05)
    campaign = run_campaign(BurstCampaign(users))
    refused = users.count(False)
    assert campaign.counts == Counts(sent=600 - refused, failed=refused, by_reason={Reason.REFUSED: refused})
    assert (campaign.rests, campaign.segment.refusal_state) == (0, RefusalState())
    assert [campaign.live(openid) for openid in campaign.openids] == [0] * 600


def test_a_small_campaign_that_all_refuse_is_no_mass(run_campaign: RunCampaign) -> None:
    campaign = run_campaign(BurstCampaign([False] * (MASS - 1)))
    assert (campaign.rests, campaign.counts.failed) == (0, MASS - 1)


def test_a_burst_that_wechat_does_not_like_costs_nobody_a_message(run_campaign: RunCampaign) -> None:
    campaign = run_campaign(BurstCampaign([True] * 1500, most=100))
    assert len(campaign.wechat.untrue) >= MASS
    assert campaign.counts == Counts(sent=1500)
    assert campaign.reached == Counter(campaign.openids)
    assert campaign.status == (CampaignStatus.COMPLETED, None, None)


def test_after_a_mass_it_goes_no_faster_than_half_as_fast(run_campaign: RunCampaign) -> None:
    campaign = run_campaign(BurstCampaign([True] * 1500, most=100))
    at = campaign.segment.refusal_state.max_rate
    last = campaign.wechat.calls[-500:]
    assert 25 <= at <= 100
    assert (len(last) - 1) / (last[-1] - last[0]) == pytest.approx(at, rel=0.1)
    assert campaign.rests <= 3


def test_the_same_are_tried_again_after_a_rest_slowly_at_first(run_campaign: RunCampaign) -> None:
    campaign = run_campaign(BurstCampaign([True] * 1500, most=100))
    calls = campaign.wechat.calls
    (begin, *_) = [n for n in range(1, len(calls)) if calls[n] - calls[n - 1] >= REST_SECONDS]
    seconds = calls[begin + WINDOW] - calls[begin]
    assert 6 <= seconds <= 20


def test_nobody_takes_the_segment_before_the_rest_is_over(run_campaign: RunCampaign) -> None:
    campaign = BurstCampaign([True] * 1500, most=100)
    campaign.queue.put("c-1", [0], 30)  # as the sweep would, or SQS
    run_campaign(campaign)
    gaps = [
        later - call for call, later in zip(campaign.wechat.calls, campaign.wechat.calls[1:], strict=False)
    ]
    assert max(gaps) >= REST_SECONDS
    assert campaign.counts == Counts(sent=1500)


def test_a_second_check_goes_on_where_a_worker_handed_the_segment_back(run_campaign: RunCampaign) -> None:
    campaign = run_campaign(BurstCampaign([True] * 1500, most=100, slice_seconds=SLICE))
    assert campaign.workers > WINDOW / SETTINGS.refusals.slow_rate / SLICE
    assert campaign.counts == Counts(sent=1500)
    state = campaign.segment.refusal_state
    assert (state.needs_check, state.checked, state.refused_in_check) == (False, 0, 0)
    assert state.rate_reached > SETTINGS.refusals.slow_rate


def test_too_many_errors_pause_a_slow_campaign_that_is_handed_back_all_the_time(
    run_campaign: RunCampaign,
) -> None:
    users = some(600, refused=0.7)
    campaign = run_campaign(BurstCampaign(users, max_per_second=2, error_percent=50, slice_seconds=SLICE))
    assert campaign.status == (CampaignStatus.PAUSED, Reason.REFUSED, 43101)
    assert campaign.counts.total < 300
    assert campaign.segment.error_window == ()


@pytest.mark.parametrize("seed", [100, 103])
@pytest.mark.parametrize("refused", [0.22, 0.24, 0.27, 0.3, 0.45, 0.6])
def test_a_mass_that_is_real_costs_one_rest_at_most(
    run_campaign: RunCampaign, refused: float, seed: int
) -> None:
    users = [True] * 500 + some(1500, refused=refused, seed=seed)
    campaign = run_campaign(BurstCampaign(users))
    failed = users.count(False)
    assert campaign.rests <= 1
    assert campaign.counts == Counts(sent=2000 - failed, failed=failed, by_reason={Reason.REFUSED: failed})
    assert campaign.time.passed < 1.5 * REST_SECONDS


def test_a_mass_that_is_real_for_a_minority_is_usual_from_then_on(run_campaign: RunCampaign) -> None:
    campaign = run_campaign(BurstCampaign([True] * 500 + some(1500, refused=0.27, seed=103)))
    refusal_state = campaign.segment.refusal_state
    assert (campaign.rests, refusal_state.needs_check) == (1, False)
    assert MASS < refusal_state.usual_percent <= WINDOW / 2
    assert refusal_state.max_rate > 100


@pytest.mark.parametrize(
    ("share", "rate", "calm"),
    [(0.4, 3, 0), (0.4, 5, 100), (0.4, 10, 300), (0.7, 3, 300), (0.7, 5, 100), (0.7, 10, 0)],
)
def test_a_mass_is_sudden_for_a_slow_worker_too(
    run_campaign: RunCampaign, share: float, rate: int, calm: int
) -> None:
    campaign = BurstCampaign([True] * 600, max_per_second=rate)
    begins = 1000 + calm / rate
    campaign.wechat.whim, campaign.wechat.whimsical = share, (begins, begins + REST_SECONDS)
    run_campaign(campaign)
    assert campaign.rests == 1
    assert campaign.counts.failed <= WINDOW * SHARE // 100
    assert campaign.counts.total == 600


def test_a_small_campaign_is_not_believed_away_either(run_campaign: RunCampaign) -> None:
    campaign = BurstCampaign([True] * 20)
    campaign.wechat.whim, campaign.wechat.whimsical = 1.0, (0, 1000 + REST_SECONDS / 2)
    run_campaign(campaign)
    assert (campaign.rests, campaign.counts) == (1, Counts(sent=20))


def test_a_mass_that_is_real_pauses_the_campaign_after_the_second_check(run_campaign: RunCampaign) -> None:
    campaign = run_campaign(BurstCampaign([False] * 1000, error_percent=50))
    assert campaign.status == (CampaignStatus.PAUSED, Reason.REFUSED, 43101)
    assert campaign.rests == 1
    assert WINDOW < campaign.counts.failed < 1000
    assert sum(campaign.live(openid) for openid in campaign.openids) == 1000 - campaign.counts.failed


def test_a_mass_that_nobody_can_tell_apart_from_receipts_costs_a_rest_too(run_campaign: RunCampaign) -> None:
    campaign = BurstCampaign([True] * 1000, error_percent=50)
    campaign.wechat.first = BUSY
    campaign.wechat.whim, campaign.wechat.whimsical = 1, (0, 1000 + REST_SECONDS)
    run_campaign(campaign)
    assert campaign.rests == 1
    assert campaign.counts.total == 1000
    assert campaign.counts.sent >= 600


@pytest.mark.parametrize("on_unknown", [None, "retry"])
def test_lost_answers_pause_the_campaign_whatever_the_message_asks_for(
    run_campaign: RunCampaign, on_unknown: Literal["retry"] | None
) -> None:
    message = replace(MESSAGE, on_unknown=on_unknown)
    campaign = BurstCampaign([True] * 1000, error_percent=50, message=message)
    campaign.wechat.lost = True
    run_campaign(campaign)
    assert campaign.status == (CampaignStatus.PAUSED, Reason.WECHAT_UNAVAILABLE, None)
    assert campaign.counts.unknown < 1000
    assert max(Counter(campaign.wechat.openids).values()) == (3 if on_unknown else 1)


def test_a_doubted_mass_is_no_error(run_campaign: RunCampaign) -> None:
    campaign = run_campaign(BurstCampaign([True] * 1500, most=100, error_percent=25))
    assert campaign.status == (CampaignStatus.COMPLETED, None, None)


def test_believed_refusals_are_errors_like_any_other(run_campaign: RunCampaign) -> None:
    campaign = run_campaign(BurstCampaign(some(2000, refused=0.15), error_percent=10))
    assert campaign.status == (CampaignStatus.PAUSED, Reason.REFUSED, 43101)
    assert campaign.rests == 0


def test_when_doubted_all_have_their_permits_again(run_campaign: RunCampaign) -> None:
    campaign = BurstCampaign([True] * 1500, most=0)
    campaign.queue.put = lambda *_: None  # type: ignore[method-assign]  # the first worker only
    run_campaign(campaign)
    assert campaign.workers == 1
    assert campaign.counts == Counts()
    assert [campaign.live(openid) for openid in campaign.openids] == [1] * 1500
    assert campaign.segment.refusal_state.needs_check
    assert campaign.segment.lease_until > campaign.milliseconds() + 100_000


def test_who_cannot_be_given_the_permit_back_keeps_the_others(
    run_campaign: RunCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = BurstCampaign([True] * 500, most=100)
    for openid in campaign.openids:
        campaign.store.add(openid, [Permit(permit_kinds.ONCE, "spare", template_id="T1")])

    async def fails(*_: object) -> None:
        raise StoreError

    monkeypatch.setattr(campaign.store, "give_back", fails)
    run_campaign(campaign)
    assert campaign.counts.failed >= MASS
    assert campaign.counts.total == 500
    assert [campaign.live(openid) for openid in campaign.openids] == [1] * 500


@pytest.mark.parametrize("method", ["give_back", "invalidate"])
def test_a_ledger_that_does_not_answer_keeps_no_page_from_being_written(
    run_campaign: Callable[..., BurstCampaign], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = method == "give_back"
    campaign = BurstCampaign([True] * 300 + [real] * 20, most=100 if real else 1000)
    campaign.queue.put = lambda *_: None  # type: ignore[method-assign]  # the first worker only

    async def hangs(*_: object) -> bool:
        await asyncio.sleep(10_000)
        raise AssertionError("nobody waits so long")

    monkeypatch.setattr(campaign.store, method, hangs)
    run_campaign(campaign, seconds=60)
    assert campaign.time.passed < 60
    assert campaign.counts.failed >= (MASS if real else 20)
    assert sum(campaign.reported().values()) == campaign.counts.total


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_dies_in_between_each_is_counted_once_and_reached_once(
    run_campaign: Callable[..., BurstCampaign], seed: int
) -> None:
    chance = random.Random(seed)
    users = some(chance.randint(100, 500), refused=chance.choice((0, 0, 0.05, 0.3)), seed=seed)
    campaign = BurstCampaign(users, most=chance.choice((10, 40, 80)), settings=WorkerSettings(page_size=40))
    campaign.wechat.dies_at = {chance.randint(1, 600) for _ in range(chance.randint(0, 3))}
    run_campaign(campaign, seconds=SETTINGS.landing_seconds + chance.choice((2, 20, 300)))

    assert campaign.status[0] is CampaignStatus.COMPLETED
    assert campaign.reported() == Counter(campaign.openids)
    assert campaign.counts.total == len(users)
    assert max(campaign.reached.values(), default=0) <= 1
    assert campaign.counts.sent <= len(campaign.reached) <= campaign.counts.sent + campaign.counts.unknown
    # Who was refused before it was seen to be a mass; hardly more of them than it takes to see it.
    # A second check may find so many refusals to be usual that no later mass is sudden: decision 12.
    untrue = campaign.counts.failed - users.count(False)
    can_see_a_mass = SETTINGS.refusals.sudden * campaign.segment.refusal_state.usual_percent <= 100
    assert untrue <= MASS * (campaign.rests + 1) or not can_see_a_mass
