"""The entries of a campaign's report."""

from dataclasses import dataclass

from minipush.domain.messages import Reason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEntry:
    """One recipient's outcome. `at`: when the outcome was known (ms); `permit_kind`: the kind's name.

    `msgid`: WeChat's number for the message, as text: it has 64 bits. `errmsg` and `rid`: of a refusal.
    `page_at`: when the page was written (ms), in the first entry of a page only, and where it differs from `at`.
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
    page_at: int | None = None
