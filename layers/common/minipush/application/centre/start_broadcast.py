"""Start the broadcast of an app, or say how many users it would be for."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from minipush.application.campaigns.create_campaign import CreateCampaign, check_time
from minipush.application.centre.limit_pushes import LimitPushes
from minipush.application.ports.centre.broadcasts import BoundUsers, BroadcastStore
from minipush.application.ports.clock import Clock
from minipush.domain.campaign_errors import EstimateTimeoutError
from minipush.domain.campaigns import SEGMENTS_OF_APP, Audience, AudienceType, Campaign, Plan
from minipush.domain.centre.apps import App
from minipush.domain.centre.bindings import BoundUser
from minipush.domain.centre.broadcasts import Broadcast
from minipush.domain.centre.inbox import KEPT_MS, Content, Level, TextCheck
from minipush.domain.centre.pushes import Push
from minipush.domain.message_errors import BlockedTextError
from minipush.domain.messages import Message, MessageType

# Users are counted for so long: a request has 29 seconds.
COUNTING_SECONDS: Final = 15.0
USERS_A_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBroadcast:
    """`at`: when to start (ms), None for at once."""

    app: App
    push: Push
    at: int | None = None


class StartBroadcast:
    """`message_type`: of broadcasts. The campaign has none of the text: it is kept with the app's things."""

    def __init__(
        self,
        *,
        store: BroadcastStore,
        create: CreateCampaign,
        check_text: Callable[[App, Content], TextCheck],
        limit: LimitPushes,
        message_type: MessageType,
        clock: Clock,
    ) -> None:
        self._store = store
        self._create = create
        self._check_text = check_text
        self._limit = limit
        self._message_type = message_type
        self._clock = clock

    def __call__(self, planned: PlannedBroadcast, campaign_id: str) -> Campaign:
        """Idempotent by `campaign_id`. Raises InvalidScheduleError, BlockedTextError, TooManyPushesError, StoreError."""
        if self._store.read(campaign_id) is None:
            check_time(planned.at, self._clock())
            broadcast = self._broadcast(planned, campaign_id)
            self._limit.take_broadcast(planned.app.appid, campaign_id, planned.app.limits.broadcasts_per_day)
            self._store.add(broadcast)
        return self._create(self._plan(planned), campaign_id)

    def _broadcast(self, planned: PlannedBroadcast, campaign_id: str) -> Broadcast:
        """The text is checked here, once. One that can't be checked now waits for each of its readers."""
        checked = self._check_text(planned.app, planned.push.content)
        if checked is TextCheck.BLOCKED:
            raise BlockedTextError("WeChat finds the text risky")
        return Broadcast(
            campaign_id=campaign_id,
            appid=planned.app.appid,
            push=planned.push,
            text_check=checked,
            until=max(planned.at or 0, self._clock()) + KEPT_MS,
        )

    def _plan(self, planned: PlannedBroadcast) -> Plan:
        app = planned.app
        audience = Audience(AudienceType.APP, appid=app.appid)
        return Plan(app.name, Message(self._message_type, ""), audience, planned.at)


class CountBoundUsers:
    """How many users a broadcast would be for. An app with very many is counted in part, and the rest is estimated."""

    def __init__(self, users: BoundUsers, seconds: Callable[[], float] = monotonic) -> None:
        self._users = users
        self._seconds = seconds

    def __call__(self, appid: str, level: Level | None) -> int:
        """`level`: of the message. Raises EstimateTimeoutError, StoreError."""
        until, count, parts = self._seconds() + COUNTING_SECONDS, 0, 0
        while parts < SEGMENTS_OF_APP:
            in_part = self._count_part(appid, parts, level, until)
            if in_part is None:
                break
            count, parts = count + in_part, parts + 1
        if not parts:
            raise EstimateTimeoutError("too few users could be read in time for an estimate")
        return round(count * SEGMENTS_OF_APP / parts)

    def _count_part(self, appid: str, part: int, level: Level | None, until: float) -> int | None:
        """None if there is no time to read all of it."""
        count, after = 0, None
        while self._seconds() < until:
            openids = self._users.openids(appid, part, after, USERS_A_PAGE)
            count += sum(_is_reached(user, level) for user in self._users.bound(appid, openids))
            if len(openids) < USERS_A_PAGE:
                return count
            after = openids[-1]
        return None


def _is_reached(user: BoundUser, level: Level | None) -> bool:
    return user.binding.level.lowered_to(level) is not Level.NONE
