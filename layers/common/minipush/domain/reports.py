"""The entries of a campaign's report."""

from dataclasses import dataclass

from minipush.domain.messages import Reason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEntry:
    """One recipient's outcome. `at`: when its page was written (ms); `permit_kind`: the kind's name.

    `msgid`: WeChat's number for the message, as text: it has 64 bits. `errmsg` and `rid`: of a refusal.
    """

    openid: str
    status: Status
    at: int
    reason: Reason | None = None
    errcode: int | None = None
    permit_kind: str | None = None
    msgid: str | None = None
    errmsg: str | None = None
    rid: str | None = None
