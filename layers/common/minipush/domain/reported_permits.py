"""Permits as a client, a back end or an event of WeChat's reports them."""

from dataclasses import dataclass

from minipush.domain.permit_kinds import form_permits, pay_permits, subscription_permits
from minipush.domain.permit_rejections import PermitRejectedError, PermitRejection
from minipush.domain.permits import Permit


@dataclass(frozen=True, slots=True)
class ReportedFormId:
    """`expires_at` is in ms since the epoch, by the client's clock; None where it isn't reported."""

    form_id: str
    expires_at: int | None = None

    def permits(self, now: int) -> list[Permit]:
        """Raises PermitRejectedError."""
        return form_permits(self.form_id, self.expires_at, now)


@dataclass(frozen=True, slots=True)
class ReportedPrepayId:
    prepay_id: str

    def permits(self, now: int) -> list[Permit]:
        """Raises PermitRejectedError."""
        return pay_permits(self.prepay_id, now)


@dataclass(frozen=True, slots=True)
class ReportedSubscription:
    """`result` is what wx.requestSubscribeMessage returned for the template; `id` makes a repeat harmless."""

    id: str
    template_id: str
    result: str
    long_term: bool = False

    def permits(self, _now: int) -> list[Permit]:
        """Raises PermitRejectedError, SubscriptionNotAcceptedError."""
        return subscription_permits(self.id, self.template_id, self.result, long_term=self.long_term)


@dataclass(frozen=True, slots=True)
class MalformedReport:
    """An entry that is none of the others."""

    def permits(self, _now: int) -> list[Permit]:
        """Raises PermitRejectedError."""
        raise PermitRejectedError(PermitRejection.MALFORMED)


type ReportedPermit = ReportedFormId | ReportedPrepayId | ReportedSubscription | MalformedReport
