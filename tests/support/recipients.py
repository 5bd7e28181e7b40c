"""The users of a MemoryStore as recipients. It passes the contract suite of the real adapter."""

from zlib import crc32

from support.memory import MemoryStore

from minipush.application.ports.campaigns import CampaignStore, Recipient, RecipientPage
from minipush.domain.campaigns import SLICE, AudienceType, Campaign
from minipush.domain.users import User, is_openid


class MemoryRecipients:
    """A cursor is an openid; in a named audience, the number of entries before it."""

    def __init__(self, store: MemoryStore, campaigns: CampaignStore, page_size: int = 3) -> None:
        self._store = store
        self._campaigns = campaigns
        self._page_size = page_size

    def page(self, campaign: Campaign, number: int, cursor: str | None) -> RecipientPage:
        if campaign.plan.audience.type is AudienceType.OPENIDS:
            openids = self._campaigns.openids(campaign)[number * SLICE : (number + 1) * SLICE]
            numbered = [Recipient(self._user(openid), str(n)) for n, openid in enumerate(openids, 1)]
            return self._page(numbered[int(cursor or 0) :])
        known = sorted(self._store.permits.keys() | self._store.settings.keys())
        mine = [openid for openid in known if crc32(openid.encode()) % campaign.segments == number]
        return self._page(
            [Recipient(self._user(openid), openid) for openid in mine if openid > (cursor or "")]
        )

    def _user(self, openid: str) -> User:
        return self._store.read(openid) if is_openid(openid) else User(openid)

    def _page(self, rest: list[Recipient]) -> RecipientPage:
        page = rest[: self._page_size]
        return RecipientPage(page, page[-1].cursor if len(rest) > self._page_size else None)
