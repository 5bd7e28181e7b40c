"""The sync of the official account's followers."""

from pydantic import BaseModel, ConfigDict

from minipush.domain.followers import FollowerSync
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import Instant


class FollowerSyncResponse(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    started_at: Instant
    finished_at: Instant | None
    """Null while the sync is under way."""
    followers: int
    """The followers that were read so far."""

    @classmethod
    def of(cls, sync: FollowerSync) -> "FollowerSyncResponse":
        return cls(
            id=sync.id,
            started_at=iso(sync.started_at),
            finished_at=None if sync.finished_at is None else iso(sync.finished_at),
            followers=sync.followers,
        )


class LastFollowerSync(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    sync: FollowerSyncResponse | None
    """The last sync, or the one that is under way. Null before the first one."""
