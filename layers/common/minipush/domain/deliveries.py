"""Deliveries: their ids, and what WeChat reports of them later."""

import hashlib
from dataclasses import dataclass
from typing import Self

from minipush.domain.messages import Reason
from minipush.domain.permits import Claim, PermitKind
from minipush.domain.timestamps import MINUTE_MS

_CAMPAIGN_PREFIX = "c-"
# Marks a message whose msgid nobody knows.
NO_MSGID = "0"
# How far WeChat's clock, which has whole seconds, and ours may differ.
CLOCKS_DIFFER_MS = 10 * 1000
# The official account's reports come within seconds. An older message is meant only where the msgid says so.
OFFICIAL_REPORTED_WITHIN_MS = 10 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class DeliveryId:
    """Ties a claim to a campaign or to a direct send; `value` is the campaign's id or that of the work."""

    value: str

    @classmethod
    def of_claim(cls, claim: Claim) -> Self:
        return cls(claim.delivery)

    @property
    def campaign_id(self) -> str | None:
        """None for a direct send."""
        return self.value if self.value.startswith(_CAMPAIGN_PREFIX) else None


def campaign_id_of_work(work_id: str) -> str:
    """The id of the campaign that a request creates, from the id of the request's work."""
    return _CAMPAIGN_PREFIX + work_id


def campaign_id_of_occurrence(occurrence: str) -> str:
    """The id of the campaign that a rule creates: a rule that fires twice for one occurrence creates one campaign."""
    return _CAMPAIGN_PREFIX + hashlib.sha256(occurrence.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedArrival:
    """WeChat's report that a message arrived. `at`: when it said so (ms)."""

    openid: str
    template_id: str
    msgid: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFailure:
    """WeChat's report that it could not deliver a message that it had accepted. `at`: when it said so (ms).

    `template_id` and `msgid` are empty where WeChat gave none; `reason` follows from the errcode. `permit_kind`: set
    where WeChat tells the kind of message, and not its template.
    """

    openid: str
    template_id: str
    msgid: str
    errcode: int | None
    reason: Reason
    at: int
    permit_kind: PermitKind | None = None
