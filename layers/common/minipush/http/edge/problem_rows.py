"""The one table from error classes to problems. The message centre has a part of its own."""

from collections.abc import Mapping

from minipush.domain.campaign_errors import (
    EstimateTimeoutError,
    ForbiddenTransitionError,
    InvalidScheduleError,
    ReportTooLongError,
    UnknownCampaignError,
)
from minipush.domain.message_errors import BlockedTextError, InvalidDataError, TextCheckOpenidError
from minipush.domain.messages import Reason
from minipush.errors import (
    ContradictionError,
    IdempotencyKeyReusedError,
    InvalidCursorError,
    LoginRejectedError,
    MinipushError,
    OfficialAccountOffError,
    OperatorLimitError,
    RejectedRequestError,
    RequestInProgressError,
    SendingOffError,
    StoreError,
    TooManyChangesError,
    TooManyRejectedCodesError,
    TooManyRejectedKeysError,
    TooManyTagsError,
    WeChatUnavailableError,
)
from minipush.http.edge import problem_types as types
from minipush.http.edge.mistakes import in_order
from minipush.http.edge.pointers import Body, place_in_message, place_of_message, pointer
from minipush.http.edge.problem_row import ProblemRow
from minipush.http.edge.problems import CHALLENGE, NOT_VALID, UNEXPECTED, Faults, ProblemError

CENTRE = "minipush.domain.centre.errors"
STORE_FAILED = (
    "A store can't be reached right now. Try again later. "
    "Repeat a send or a campaign with the same Idempotency-Key."
)


def _data_faults(error: InvalidDataError, body: Body) -> Faults:
    steps, message = place_of_message(body)
    return [(pointer((*steps, *place_in_message(message, one.path))), one.why) for one in error.violations]


def _text_faults(error: BlockedTextError, body: Body) -> Faults:
    steps, message = place_of_message(body)
    return [(pointer((*steps, *place_in_message(message, ()))), error.why)]


def _limit_faults(error: OperatorLimitError, body: Body) -> Faults:
    """Where the body exceeds the limit; nothing for a request without a body."""
    steps, _ = place_of_message(body)
    if error.field == "template_id":
        return [(pointer((*steps, "template_id")), str(error))] if body else ()
    if error.field == "audience" and "touser" in body:
        return [("/touser", str(error))]
    return [(f"/{error.field}", str(error))] if body else ()


def _allowed_steps(error: ForbiddenTransitionError) -> str:
    steps = " and ".join(error.status.steps)
    allowed = f"That allows {steps} only." if steps else "That is final: it allows no step."
    return f"The campaign is {error.status.value}. {allowed}"


def _retry_after(error: WeChatUnavailableError) -> Mapping[str, str]:
    return {"Retry-After": str(error.retry_seconds)} if error.retry_seconds else {}


def _contradictions(error: ContradictionError, _: Body) -> Faults:
    return [(f"/templates/{place}/long_term", str(error)) for place in error.places]


def _users_with_too_many_tags(error: TooManyTagsError, _: Body) -> Faults:
    return [(f"/openids/{place}", str(error)) for place in error.places]


TABLE: Mapping[type[MinipushError], ProblemRow] = {
    InvalidDataError: ProblemRow(type=types.INVALID_DATA, detail=lambda _: NOT_VALID, errors=_data_faults),
    InvalidScheduleError: ProblemRow(
        type=types.INVALID_SCHEDULE,
        detail=lambda _: NOT_VALID,
        errors=lambda error, _: [("/schedule/at", str(error))],
    ),
    InvalidCursorError: ProblemRow(
        type=types.INVALID_CURSOR,
        detail=lambda _: NOT_VALID,
        errors=lambda error, _: [("/cursor", f"{error} (query)")],
    ),
    BlockedTextError: ProblemRow(
        type=types.BLOCKED_TEXT,
        detail=lambda _: "WeChat objects to the message's text.",
        errors=_text_faults,
        reason=Reason.CONTENT_BLOCKED.value,
    ),
    TextCheckOpenidError: ProblemRow(
        type=types.TEXT_CHECK_OPENID,
        detail=lambda _: NOT_VALID,
        errors=lambda error, _: [("/text_check/openid", error.why)],
    ),
    ContradictionError: ProblemRow(
        type=types.CONTRADICTION, detail=lambda _: NOT_VALID, errors=_contradictions
    ),
    TooManyTagsError: ProblemRow(
        type=types.TOO_MANY_TAGS, detail=lambda _: NOT_VALID, errors=_users_with_too_many_tags
    ),
    OperatorLimitError: ProblemRow(type=types.OPERATOR_LIMIT, errors=_limit_faults),
    LoginRejectedError: ProblemRow(type=types.LOGIN_REJECTED, headers=lambda _: CHALLENGE),
    IdempotencyKeyReusedError: ProblemRow(
        type=types.IDEMPOTENCY_KEY_REUSED,
        detail=lambda _: "An earlier request with this Idempotency-Key had another body.",
    ),
    RejectedRequestError: ProblemRow(type=types.INVALID_REQUEST),
    RequestInProgressError: ProblemRow(
        type=types.REQUEST_IN_PROGRESS,
        detail=lambda _: "The first request with this Idempotency-Key is still running.",
        headers=lambda _: {"Retry-After": "1"},
    ),
    TooManyRejectedCodesError: ProblemRow(
        type=types.TOO_MANY_REJECTED_CODES, headers=lambda error: {"Retry-After": str(error.retry_seconds)}
    ),
    TooManyRejectedKeysError: ProblemRow(
        type=types.TOO_MANY_REJECTED_KEYS, headers=lambda error: {"Retry-After": str(error.retry_seconds)}
    ),
    TooManyChangesError: ProblemRow(
        type=types.TOO_MANY_CHANGES,
        detail=lambda _: "This user has changed the settings too often today. Opting out is still possible.",
    ),
    UnknownCampaignError: ProblemRow(
        type=types.UNKNOWN_CAMPAIGN, detail=lambda _: "No campaign has this id."
    ),
    ReportTooLongError: ProblemRow(
        type=types.REPORT_TOO_LONG,
        detail=lambda _: "List the recipients by their status instead.",
    ),
    ForbiddenTransitionError: ProblemRow(
        type=types.FORBIDDEN_TRANSITION,
        detail=_allowed_steps,
    ),
    OfficialAccountOffError: ProblemRow(type=types.OFFICIAL_ACCOUNT_OFF),
    SendingOffError: ProblemRow(type=types.SENDING_OFF, reason=Reason.SENDING_OFF.value),
    WeChatUnavailableError: ProblemRow(type=types.WECHAT_UNAVAILABLE, headers=_retry_after),
    EstimateTimeoutError: ProblemRow(
        type=types.ESTIMATE_TIMEOUT,
        detail=lambda _: "The audience is too large to estimate in time.",
        headers=lambda _: {"Retry-After": "1"},
    ),
    StoreError: ProblemRow(
        type=types.STORE_UNAVAILABLE,
        detail=lambda _: STORE_FAILED,
        headers=lambda _: {"Retry-After": "1"},
    ),
    MinipushError: ProblemRow(type=types.INTERNAL_ERROR, detail=lambda _: UNEXPECTED),
}


def problem_of(error: MinipushError, body: Body) -> ProblemError:
    row = next(row for cls in type(error).__mro__ if (row := _row_of(cls)))
    errors = in_order(row.errors(error, body), body)
    return ProblemError(row.type, row.detail(error), errors, row.headers(error), row.reason)


def _row_of(cls: type) -> ProblemRow | None:
    """A function without the message centre loads nothing of it: its errors come from its own module."""
    if cls.__module__ != CENTRE:
        return TABLE.get(cls)
    from minipush.http.edge.centre_problem_rows import CENTRE_TABLE  # noqa: PLC0415

    return CENTRE_TABLE.get(cls)
