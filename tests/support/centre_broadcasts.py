"""Broadcasts and who has bound an app, in memory. They pass the contract suite of the real ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from support.centre_inbox import DAY, NOW, SHOP

from minipush.domain.campaigns import SEGMENTS_OF_APP
from minipush.domain.centre.bindings import Binding, BoundUser
from minipush.domain.centre.broadcasts import Broadcast
from minipush.domain.centre.inbox import Content, Level, TextCheck
from minipush.domain.centre.pushes import Push

TEXT = Content(title="Closed on Monday", body="We are back on Tuesday.", page="pages/hours")


def broadcast(campaign_id: str = "c-1", level: Level | None = None) -> Broadcast:
    return Broadcast(
        campaign_id=campaign_id,
        appid=SHOP.id,
        push=Push(content=TEXT, level=level),
        text_check=TextCheck.PASSED,
        until=NOW + 90 * DAY,
    )


@dataclass
class MemoryBroadcasts:
    kept: dict[str, Broadcast] = field(default_factory=dict)

    def add(self, broadcast: Broadcast) -> None:
        self.kept.setdefault(broadcast.campaign_id, broadcast)

    def read(self, campaign_id: str) -> Broadcast | None:
        return self.kept.get(campaign_id)


@dataclass
class MemoryBoundUsers:
    """Of one app. `levels`: by openid. They are dealt out to the parts in turn."""

    levels: dict[str, Level] = field(default_factory=dict)
    parts: int = SEGMENTS_OF_APP
    appid: str = SHOP.id

    def openids(self, appid: str, part: int, after: str | None, limit: int) -> list[str]:
        mine = sorted(self.levels)[part :: self.parts] if appid == self.appid and part < self.parts else []
        return [openid for openid in mine if after is None or openid > after][:limit]

    def bound(self, appid: str, openids: Sequence[str]) -> list[BoundUser]:
        found = [openid for openid in openids if appid == self.appid and openid in self.levels]
        return [BoundUser(openid, self._binding(openid)) for openid in found]

    def _binding(self, openid: str) -> Binding:
        return Binding(
            appid=self.appid,
            key=f"b{openid}",
            level=self.levels[openid],
            foreign_openid=f"o-{openid}",
            is_confirmed=True,
            at=0,
        )
