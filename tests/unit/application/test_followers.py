"""Who follows the official account, as events, log-ins and syncs tell it."""

import random
from dataclasses import dataclass, field

import pytest
from support.followers import (
    MemoryFollowers,
    MemoryFollowerSyncs,
    MemoryOfficialQueue,
    SimulatedFollowers,
)

from local.simulator.account.ids import Ids
from local.simulator.official.followers import Followers
from minipush.application.followers.map_follower import MapFollower, MapUser
from minipush.application.followers.sync_followers import StartFollowerSync, SyncFollowers
from minipush.application.ports.followers import FollowerPage
from minipush.domain.follower import Follower
from minipush.domain.followers import (
    SYNC_STALE_MS,
    FollowChanged,
    FollowerInfo,
    FollowStep,
    KnownFollower,
)
from minipush.errors import StoreError, WeChatUnavailableError

NEVER = float("inf")


@dataclass
class Case:
    """`now` in seconds. The person ada has the unionid u-ada, and has never logged in."""

    now: int = 1_800_000_000
    store: MemoryFollowers = field(default_factory=MemoryFollowers)
    syncs: MemoryFollowerSyncs = field(default_factory=MemoryFollowerSyncs)
    queue: MemoryOfficialQueue = field(default_factory=MemoryOfficialQueue)
    elapsed: float = 0

    def __post_init__(self) -> None:
        self.wechat = Followers(lambda: float(self.now), Ids(1))
        self.source = SimulatedFollowers(self.wechat)
        self.map_follower = MapFollower(self.source, self.store, self.milliseconds)
        self.log_in = MapUser(self.store)
        self.start = StartFollowerSync(self.syncs, self.queue, self.milliseconds)
        self.sync = SyncFollowers(
            self.source,
            self.store,
            self.syncs,
            self.queue,
            self.map_follower,
            self.milliseconds,
            lambda: self.elapsed,
        )

    def milliseconds(self) -> int:
        return self.now * 1000

    def follow(self, name: str = "ada") -> FollowChanged:
        self.now += 1
        follower = self.wechat.follow(f"u-{name}")
        return FollowChanged(follower.openid, FollowStep.FOLLOWED, self.now)

    def unfollow(self, name: str = "ada") -> FollowChanged:
        self.now += 1
        follower = self.wechat.find(f"u-{name}")
        assert follower
        follower.follows = False
        return FollowChanged(follower.openid, FollowStep.UNFOLLOWED, self.now)

    def tell(self, event: FollowChanged) -> bool:
        return self.map_follower(event.openid, event)

    def profile(self, openid: str = "ada") -> Follower | None:
        return self.store.profiles.get(openid, (None, 0))[0]

    def run(self, deadline: float = NEVER) -> None:
        assert self.syncs.sync
        self.sync(self.syncs.sync.id, deadline, lambda: None)


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_follow_and_then_a_log_in_make_a_follower(case: Case) -> None:
    event = case.follow()
    assert not case.tell(event)
    case.log_in("ada", "u-ada")
    assert case.profile() == Follower(event.openid, follows=True)


def test_a_log_in_and_then_a_follow_make_a_follower(case: Case) -> None:
    case.log_in("ada", "u-ada")
    assert case.tell(event := case.follow())
    assert case.profile() == Follower(event.openid, follows=True)


def test_an_unfollow_ends_it(case: Case) -> None:
    case.log_in("ada", "u-ada")
    case.tell(case.follow())
    case.tell(event := case.unfollow())
    assert case.profile() == Follower(event.openid, follows=False)


def test_a_repeated_event_writes_nothing(case: Case) -> None:
    case.log_in("ada", "u-ada")
    case.tell(event := case.follow())
    writes = case.store.writes
    assert case.tell(event)
    assert case.store.writes == writes


@pytest.mark.parametrize("seed", range(20))
def test_a_thousand_events_out_of_order_end_in_the_last_state(case: Case, seed: int) -> None:
    """WeChat says how things are now, whichever event is told."""
    rng = random.Random(seed)
    case.log_in("ada", "u-ada")
    case.tell(case.follow())
    events = [case.unfollow() if n % 2 == 0 else case.follow() for n in range(1000 + seed % 2)]
    rng.shuffle(events)
    for event in events:
        case.tell(event)
    assert case.profile() == Follower(events[0].openid, follows=seed % 2 == 0)


def test_events_that_come_while_people_change_their_minds_end_in_the_last_state(case: Case) -> None:
    rng = random.Random(7)
    case.log_in("ada", "u-ada")
    waiting: list[FollowChanged] = []
    case.tell(case.follow())
    for n in range(1000):
        waiting.append(case.follow() if n % 2 == 0 else case.unfollow())
        if rng.random() < 0.5:
            case.tell(waiting.pop(rng.randrange(len(waiting))))
    for event in rng.sample(waiting, len(waiting)):
        case.tell(event)
    assert case.profile() == Follower(waiting[0].openid, follows=False)


def test_an_unfollow_stands_against_what_wechat_still_remembers(case: Case) -> None:
    case.log_in("ada", "u-ada")
    event = case.follow()
    later = FollowChanged(event.openid, FollowStep.UNFOLLOWED, event.at + 1)
    case.tell(later)
    case.tell(event)
    assert case.profile() == Follower(event.openid, follows=False)


def test_what_another_worker_stored_meanwhile_is_asked_for_again(case: Case) -> None:
    case.log_in("ada", "u-ada")
    case.tell(case.follow())
    event = case.follow()

    def other_worker() -> None:
        case.source.before_answer = lambda: None
        case.tell(case.unfollow())

    case.source.before_answer = other_worker
    case.tell(event)
    assert case.profile() == Follower(event.openid, follows=False)
    assert len(case.source.asked) == 4


def test_of_who_left_before_they_were_known_nothing_is_mapped(case: Case) -> None:
    """WeChat tells no unionid of somebody who doesn't follow."""
    case.log_in("ada", "u-ada")
    case.follow()
    case.tell(case.unfollow())
    assert case.profile() is None


def test_an_openid_that_wechat_does_not_know_is_left_alone(case: Case) -> None:
    assert not case.map_follower("nobody")
    assert case.store.writes == 0


def test_without_a_unionid_nobody_is_mapped() -> None:
    known = KnownFollower(openid="o").after(FollowerInfo(openid="o", follows=True, followed_at=1), 1000)
    assert (known.follows, known.unionid, known.version) == (True, None, 1000)


def test_what_is_known_since_the_state_was_lost_takes_the_place_of_what_the_profile_says(case: Case) -> None:
    case.log_in("ada", "u-ada")
    for _ in range(3):
        case.tell(case.follow())
        case.tell(case.unfollow())
    case.store.followers.clear()
    case.store.unions.clear()
    case.log_in("ada", "u-ada")
    case.tell(event := case.follow())
    assert case.profile() == Follower(event.openid, follows=True)


# ---- the sync


def populate(case: Case, count: int) -> None:
    for n in range(count):
        case.wechat.follow(f"u-{n}")
        case.log_in(f"user-{n}", f"u-{n}")


def followers(case: Case) -> int:
    return sum(follower.follows for follower, _ in case.store.profiles.values())


def test_a_sync_maps_all_followers(case: Case) -> None:
    populate(case, 2500)
    case.start()
    case.run()
    assert case.syncs.sync
    assert (case.syncs.sync.followers, case.syncs.sync.finished_at) == (2500, case.milliseconds())
    assert followers(case) == 2500


def test_a_second_sync_writes_nothing(case: Case) -> None:
    populate(case, 300)
    case.start()
    case.run()
    writes = case.store.writes
    case.start()
    case.run()
    assert case.store.writes == writes


def test_a_sync_notices_an_unfollow_whose_event_was_lost(case: Case) -> None:
    populate(case, 3)
    case.start()
    case.run()
    case.unfollow("1")
    case.start()
    case.run()
    assert followers(case) == 2


def test_a_worker_out_of_time_leaves_the_rest_to_another(case: Case) -> None:
    populate(case, 2500)
    sync = case.start()
    case.queue.syncs.clear()
    case.run(deadline=0)
    assert case.queue.syncs == [(sync.id, 0)]
    assert followers(case) == 1000
    case.run()
    assert followers(case) == 2500


def test_a_sync_that_was_killed_goes_on_from_its_cursor(case: Case) -> None:
    populate(case, 2500)
    case.start()
    case.run(deadline=0)
    before = len(case.source.asked)

    class KilledError(BaseException):
        pass

    def kill() -> None:
        raise KilledError

    case.source.before_answer = kill
    with pytest.raises(KilledError):
        case.run()
    case.source.before_answer = lambda: None
    case.source.pages.clear()
    del case.source.asked[before:]
    case.run()
    openids = [follower.openid for follower in case.wechat._followers.values()]
    assert case.source.pages[0] == openids[999]
    assert case.source.asked[before][0] == openids[1000]
    assert followers(case) == 2500


def test_one_sync_at_a_time(case: Case) -> None:
    first = case.start()
    assert case.start().id == first.id
    assert case.queue.syncs == [(first.id, 0)] * 2
    case.now += SYNC_STALE_MS // 1000
    assert case.start().id != first.id


def test_a_message_of_another_sync_does_nothing(case: Case) -> None:
    populate(case, 3)
    case.start()
    case.sync("another", NEVER, lambda: None)
    assert followers(case) == 0


def test_a_worker_that_was_overtaken_stops(case: Case) -> None:
    populate(case, 2500)
    sync = case.start()

    def overtake() -> None:
        case.source.before_answer = lambda: None
        case.sync(sync.id, NEVER, lambda: None)

    case.source.before_answer = overtake
    case.queue.syncs.clear()
    with pytest.raises(StoreError):
        case.run()
    assert case.queue.syncs == []
    assert len(case.syncs.steps) == len({step.step for step in case.syncs.steps})


def test_a_worker_that_was_overtaken_by_one_that_died_goes_on_with_the_next_try(case: Case) -> None:
    """The queue hands out the message of a slow worker again, and deletes it with the second one's answer."""
    populate(case, 2500)
    sync = case.start()

    def overtake() -> None:
        case.source.before_answer = lambda: None
        case.sync(sync.id, 0, lambda: None)
        case.now += 1

    case.source.before_answer = overtake
    with pytest.raises(StoreError):
        case.run()
    case.run()
    assert followers(case) == 2500


def test_the_message_is_hidden_again_with_every_hundred_followers(case: Case) -> None:
    populate(case, 950)
    sync = case.start()
    hidden: list[int] = []
    case.sync(sync.id, NEVER, lambda: hidden.append(len(case.source.asked)))
    steps = zip([0, *hidden], hidden, strict=False)
    assert all(later - earlier <= 1 for earlier, later in steps)
    assert len(hidden) == 20


@pytest.mark.parametrize(("retry_seconds", "rest"), [(2, 60), (None, 900)])
def test_a_sync_rests_while_wechat_is_unavailable(
    case: Case, retry_seconds: int | None, rest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate(case, 3)
    sync = case.start()
    case.queue.syncs.clear()

    def unavailable(_: str) -> FollowerPage:
        raise WeChatUnavailableError("WeChat is busy", cause="busy", retry_seconds=retry_seconds)

    monkeypatch.setattr(case.source, "page", unavailable)
    case.run()
    assert case.queue.syncs == [(sync.id, rest)]


def test_a_sync_that_rests_for_the_quota_is_under_way(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    populate(case, 2500)
    sync = case.start()
    case.run(deadline=0)
    cursor = case.syncs.steps[-1].cursor

    def used_up(_: str) -> FollowerPage:
        raise WeChatUnavailableError("WeChat gives no list", cause="quota", retry_seconds=None)

    monkeypatch.setattr(case.source, "page", used_up)
    for _ in range(3):
        case.run()
        case.now += 11 * 60
        again = case.start()
        assert (again.id, again.cursor) == (sync.id, cursor)
        case.now += 4 * 60
