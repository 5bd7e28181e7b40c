"""What an operator looks at to see whether a deployment works. Times are in ms."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from minipush.domain.campaigns import Campaign
from minipush.domain.sending import Sending


@dataclass(frozen=True, slots=True)
class FinishedSweep:
    """`at`: when it began; `removed`: expired permits."""

    at: int
    finished_at: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenError:
    """Why WeChat gives no access_token. `address`: the one to allow, where WeChat refuses ours (40164)."""

    what: str
    errcode: int | None = None
    errmsg: str | None = None
    rid: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenStatus:
    """What WeChat said just now. `kind`: stable or classic. `expires_at`: None with an error."""

    kind: str
    expires_at: int | None = None
    error: TokenError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """A part is None where it never was, or where it can't be read: then `unavailable` says why, by its name."""

    sweep: FinishedSweep | None = None
    token: TokenStatus | None = None
    callback_at: int | None = None
    templates_synced_at: int | None = None
    dead_letters: Mapping[str, int] | None = None
    paused_campaigns: tuple[Campaign, ...] | None = None
    sending: Sending | None = None
    unavailable: Mapping[str, str] = field(default_factory=dict)
