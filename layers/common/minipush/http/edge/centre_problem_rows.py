"""The errors of the message centre as problems."""

from collections.abc import Mapping

from minipush.domain.centre.errors import (
    AddressRefusedError,
    AlreadyDecidedError,
    AppBannedError,
    AppealRefusedError,
    AppExistsError,
    ChannelNotLinkedError,
    ChannelUnavailableError,
    ComplaintRefusedError,
    InvalidTicketError,
    OpenidMismatchError,
    OpenidMissingError,
    OwnDecisionError,
    TicketUsedError,
    TooManyBindingsError,
    TooManyCodesError,
    TooManyKeysError,
    TooManyPushesError,
    UnknownAppError,
    UnknownBindingError,
    UnknownCaseError,
    UnknownChannelError,
    UnknownKeyError,
    UnknownMessageError,
    WrongCodeError,
)
from minipush.errors import MinipushError
from minipush.http.edge import problem_types as types
from minipush.http.edge.problem_row import ProblemRow
from minipush.http.edge.problems import NOT_VALID, rate_limit


def _channel_retry_after(error: ChannelUnavailableError) -> Mapping[str, str]:
    return {"Retry-After": f"{error.retry_seconds:.0f}"} if error.retry_seconds else {}


CENTRE_TABLE: Mapping[type[MinipushError], ProblemRow] = {
    AddressRefusedError: ProblemRow(
        type=types.ADDRESS_REFUSED,
        detail=lambda _: NOT_VALID,
        errors=lambda error, _: [("/address", error.why)],
    ),
    ChannelNotLinkedError: ProblemRow(
        type=types.CHANNEL_NOT_LINKED,
        detail=lambda _: "Follow the official account, or accept the subscription message, then try again.",
    ),
    WrongCodeError: ProblemRow(
        type=types.WRONG_CODE,
        detail=lambda _: "The code is wrong or expired, or was tried too often. Ask for a new one.",
        reason="wrong_code",
    ),
    UnknownChannelError: ProblemRow(
        type=types.UNKNOWN_CHANNEL, detail=lambda _: "This user has no such channel, or has not verified it."
    ),
    TooManyCodesError: ProblemRow(
        type=types.TOO_MANY_CODES, headers=lambda error: {"Retry-After": str(error.retry_seconds)}
    ),
    ChannelUnavailableError: ProblemRow(type=types.CHANNEL_UNAVAILABLE, headers=_channel_retry_after),
    ComplaintRefusedError: ProblemRow(type=types.COMPLAINT_REFUSED),
    TooManyPushesError: ProblemRow(
        type=types.TOO_MANY_PUSHES, headers=lambda error: rate_limit(error.limit, 0, error.retry_seconds)
    ),
    AppExistsError: ProblemRow(
        type=types.APP_EXISTS,
        detail=lambda _: "Change it with PATCH. POST /centre/apps/{appid}/secret gives it another secret.",
    ),
    AppBannedError: ProblemRow(
        type=types.APP_BANNED, detail=lambda _: "The app is banned, and binds nobody."
    ),
    InvalidTicketError: ProblemRow(
        type=types.INVALID_TICKET,
        detail=lambda _: "The app's back end did not sign this ticket for this user, or it has expired.",
    ),
    TicketUsedError: ProblemRow(
        type=types.TICKET_USED, detail=lambda _: "A ticket binds once. Make another one."
    ),
    OpenidMissingError: ProblemRow(
        type=types.OPENID_MISSING, detail=lambda _: "The app has to say which of its openids this user has."
    ),
    TooManyBindingsError: ProblemRow(
        type=types.TOO_MANY_BINDINGS, detail=lambda _: "End another binding before you make this one."
    ),
    UnknownBindingError: ProblemRow(
        type=types.UNKNOWN_BINDING, detail=lambda _: "Nobody has this binding key."
    ),
    OpenidMismatchError: ProblemRow(
        type=types.OPENID_MISMATCH,
        detail=lambda _: "The binding was made with another openid: the app's user may not be who bound.",
    ),
    UnknownKeyError: ProblemRow(
        type=types.UNKNOWN_KEY, detail=lambda _: "The user has no personal key of this id."
    ),
    TooManyKeysError: ProblemRow(
        type=types.TOO_MANY_KEYS, detail=lambda _: "A user may have 20 personal keys. Delete one first."
    ),
    UnknownAppError: ProblemRow(
        type=types.UNKNOWN_APP, detail=lambda _: "No app is registered under this appid."
    ),
    UnknownCaseError: ProblemRow(type=types.UNKNOWN_CASE),
    AlreadyDecidedError: ProblemRow(type=types.ALREADY_DECIDED),
    OwnDecisionError: ProblemRow(type=types.OWN_DECISION),
    AppealRefusedError: ProblemRow(type=types.APPEAL_REFUSED),
    UnknownMessageError: ProblemRow(
        type=types.UNKNOWN_MESSAGE, detail=lambda _: "The app has no message with this id."
    ),
}
