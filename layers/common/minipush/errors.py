"""What can go wrong in the domain, the application and the adapters: one tree.

MinipushError
├── SettingsError                    the environment lacks a setting, or has a wrong one
├── StoreError                       a store can't be reached or is overloaded: try again later
│   ├── DeliveryInDoubtError         an earlier try of the delivery may have reached the user
│   ├── EstimateTimeoutError         a dry run read too few users in time
│   └── NoProgressError              a worker could not advance its segment
├── SendingOffError                  an operator has switched sending off
├── WeChatUnavailableError           WeChat doesn't do what we asked for
├── RejectedRequestError             the caller has to change the request
│   ├── InvalidDataError             a message's fields break WeChat's rules
│   ├── InvalidScheduleError         a campaign can't start at the given time
│   ├── InvalidCursorError           a cursor is not one that a list returned
│   ├── BlockedTextError             WeChat objects to a message's text
│   ├── TextCheckOpenidError         WeChat checks no text under the given openid
│   ├── ContradictionError           targets conflict with WeChat's template list
│   ├── TooManyTagsError             a user would bear too many tags
│   ├── CampaignIdTakenError         the id belongs to another campaign
│   ├── OperatorLimitError           the request exceeds a limit of its operator key
│   ├── LoginRejectedError           WeChat rejects the code of wx.login
│   └── IdempotencyKeyReusedError    the Idempotency-Key belongs to another body
├── TooManyChangesError              the user has changed the settings too often today
├── TooManyRejectedCodesError        WeChat rejects one code of wx.login after another from this address
├── TooManyRejectedKeysError         one unknown operator key after another from this address
├── RequestInProgressError           the first request with the Idempotency-Key still runs
├── UnknownCampaignError             no campaign has the id
├── ReportTooLongError               a campaign's report is too long to be searched for one user
├── ForbiddenTransitionError         the campaign's status forbids the step
├── PermitRejectedError              a reported permit can't be stored
│   └── SubscriptionNotAcceptedError the user did not accept the subscription
├── SegmentLeasedError               another worker holds the segment's lease
├── LeaseLostError                   another worker has taken over the segment
└── ClaimLostError                   another process has taken over the claim, and with it the delivery

The WeChat client stands alone and has a tree of its own, `minipush.wechat.errors`; `minipush.adapters.wechat`
translates. `minipush.http.edge.problems` has the one table from these classes to HTTP.
"""

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipush.domain.campaigns import CampaignStatus
    from minipush.domain.fields import FieldViolation


class MinipushError(Exception):
    """The root of everything that minipush itself raises."""


class SettingsError(MinipushError):
    """The environment lacks a setting, or has a wrong one; the message names it."""


class StoreError(MinipushError):
    """A store can't be reached or is overloaded. The same call may succeed later."""


class DeliveryInDoubtError(StoreError):
    """The store fails, and an earlier try of this delivery may have reached the user."""


class EstimateTimeoutError(StoreError):
    """A dry run could not read enough users in time for an estimate."""


class NoProgressError(StoreError):
    """The store let no part of a segment advance.

    The message returns to the queue, and after some tries it moves to the dead-letter queue.
    """


class WeChatUnavailableError(MinipushError):
    """WeChat doesn't do what we asked for, for a reason that no change of the request removes.

    `retry_seconds`: when to try again; None where someone has to act first.
    """

    def __init__(
        self,
        what: str,
        *,
        cause: str,
        errcode: int | None = None,
        rid: str | None = None,
        errmsg: str | None = None,
        retry_seconds: int | None = None,
    ) -> None:
        super().__init__(f"{what} ({errcode or cause}).")
        self.errcode = errcode
        self.rid = rid
        self.errmsg = errmsg
        self.retry_seconds = retry_seconds


class SendingOffError(MinipushError):
    """An operator has switched sending off, and nothing of the request was done. `why`: the operator's reason."""

    def __init__(self, why: str | None) -> None:
        super().__init__(f"An operator has switched sending off{f': {why}' if why else ''}.")


class RejectedRequestError(MinipushError, ValueError):
    """The request can't be carried out as it is, and nothing of it was done."""


class InvalidDataError(RejectedRequestError):
    """WeChat would refuse the message for every recipient, because of its fields."""

    def __init__(self, violations: "list[FieldViolation]") -> None:
        listed = (f"{'/'.join(('data', *one.path))}: {one.why}" for one in violations)
        super().__init__("the message can't be sent: " + "; ".join(listed))
        self.violations = violations


class InvalidScheduleError(RejectedRequestError):
    """A campaign can't start at the given time."""


class InvalidCursorError(RejectedRequestError):
    """The cursor is not one that this list returned."""


class BlockedTextError(RejectedRequestError):
    """WeChat finds the text risky, or wants a human to review it and nobody has."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the message can't be sent: {why}")
        self.why = why


class TextCheckOpenidError(RejectedRequestError):
    """WeChat checks no text under the given openid."""

    def __init__(self, why: str, errcode: int) -> None:
        super().__init__(f"the text can't be checked: {why} ({errcode})")
        self.why = why
        self.errcode = errcode


class ContradictionError(RejectedRequestError):
    """Targets call templates long-term, or not, against what WeChat says. `places` are indexes of targets."""

    def __init__(self, places: list[int]) -> None:
        super().__init__("conflicts with WeChat's template list")
        self.places = places


class TooManyTagsError(RejectedRequestError):
    """Users would bear more tags than a user may. `places` are indexes of openids; `most`: how many tags one may bear."""

    def __init__(self, places: list[int], most: int) -> None:
        super().__init__(f"this user would bear more than {most} tags")
        self.places = places


class CampaignIdTakenError(RejectedRequestError):
    """A campaign with this id exists, and it was created from another request."""

    def __init__(self, campaign_id: str) -> None:
        super().__init__(
            f"the campaign {campaign_id} exists with another message, audience or limit: "
            "an occurrence has to be unique to one firing of one rule"
        )


class OperatorLimitError(RejectedRequestError):
    """The request exceeds a limit of its operator key. `field`: template_id, audience or max_per_second."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class LoginRejectedError(RejectedRequestError):
    """WeChat rejects the code of wx.login: it is wrong, used or expired. Without an `errcode`, it is no code at all."""

    def __init__(self, errcode: int | None) -> None:
        why = f"WeChat refused the code ({errcode})" if errcode else "This is not a code of wx.login"
        super().__init__(f"{why}. Call wx.login again.")


class IdempotencyKeyReusedError(RejectedRequestError):
    """The key came with another body before."""


class TooManyChangesError(MinipushError):
    """The user has changed the settings as often as a day allows."""


class TooManyRejectedCodesError(MinipushError):
    """WeChat has rejected too many codes from one address. `retry_seconds`: until the next one may be tried."""

    def __init__(self, retry_seconds: int) -> None:
        super().__init__("WeChat has rejected too many codes from this address. Try again later.")
        self.retry_seconds = retry_seconds


class TooManyRejectedKeysError(MinipushError):
    """Too many unknown operator keys came from one address. `retry_seconds`: until the next one may be tried."""

    def __init__(self, retry_seconds: int) -> None:
        super().__init__("Too many keys from this address are unknown. Try again later.")
        self.retry_seconds = retry_seconds


class RequestInProgressError(MinipushError):
    """The first request with this key has no answer yet."""


class UnknownCampaignError(MinipushError):
    """No campaign has this id."""


class ReportTooLongError(MinipushError):
    """A campaign's report has too many pages to be searched for a user who has no claim."""

    def __init__(self, pages: int) -> None:
        super().__init__(f"the report has {pages} pages")


class ForbiddenTransitionError(MinipushError):
    """The campaign's status forbids the step."""

    def __init__(self, status: "CampaignStatus") -> None:
        super().__init__(status.value)
        self.status = status


class PermitRejection(enum.StrEnum):
    """Why a reported permit is not stored. The values are part of the HTTP contract."""

    MOCK_FORM_ID = "mock_form_id"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    TOO_MANY = "too_many"
    NOT_ACCEPTED = "not_accepted"
    UNKNOWN_TEMPLATE = "unknown_template"


class PermitRejectedError(MinipushError):
    """A reported permit can't be stored."""

    def __init__(self, rejection: PermitRejection) -> None:
        super().__init__(rejection.value)
        self.rejection = rejection


class SubscriptionNotAcceptedError(PermitRejectedError):
    """`result` is what wx.requestSubscribeMessage returned for the template; `id` is the report's."""

    def __init__(self, id_: str, template_id: str, result: str) -> None:
        super().__init__(PermitRejection.NOT_ACCEPTED)
        self.id = id_
        self.template_id = template_id
        self.result = result


class SegmentLeasedError(MinipushError):
    """Another worker holds the segment's lease, until `until` (ms) at least."""

    def __init__(self, until: int) -> None:
        super().__init__(until)
        self.until = until


class LeaseLostError(MinipushError):
    """Another worker took this one for dead and has taken over the segment."""


class ClaimLostError(MinipushError):
    """Another process took this one for dead and has taken over its claim, and with it the delivery."""
