"""All types of problems that the HTTP API answers with. docs/errors.md explains each under its slug."""

from dataclasses import dataclass
from http import HTTPStatus

DOCS = "https://github.com/minipush/minipush/blob/main/docs/errors.md"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """`slug` is the anchor in docs/errors.md; the URL with it never changes."""

    slug: str
    status: HTTPStatus
    title: str

    @property
    def url(self) -> str:
        return problem_url(self.slug)


def problem_url(slug: str) -> str:
    return f"{DOCS}#{slug}"


# The gateway answers with these before a function runs, or for a function that died; any status.
GATEWAY = "gateway"

MALFORMED_BODY = ProblemType("malformed-body", HTTPStatus.BAD_REQUEST, "The body is not JSON")
MALFORMED_PUSH = ProblemType("malformed-push", HTTPStatus.BAD_REQUEST, "The push can't be read")
UNAUTHORIZED = ProblemType("unauthorized", HTTPStatus.UNAUTHORIZED, "No valid credential")
LOGIN_REJECTED = ProblemType("login-rejected", HTTPStatus.UNAUTHORIZED, "WeChat refuses the login code")
MISSING_SCOPE = ProblemType("missing-scope", HTTPStatus.FORBIDDEN, "The credential lacks a scope")
OPERATOR_LIMIT = ProblemType("operator-limit", HTTPStatus.FORBIDDEN, "The operator key has a limit")
APP_BANNED = ProblemType("app-banned", HTTPStatus.FORBIDDEN, "The app is banned")
FOREIGN_PAGE = ProblemType("foreign-page", HTTPStatus.FORBIDDEN, "Not sent by the console")
BAD_SIGNATURE = ProblemType("bad-signature", HTTPStatus.FORBIDDEN, "Not signed by WeChat")
NOT_FOUND = ProblemType("not-found", HTTPStatus.NOT_FOUND, "Nothing at this path")
UNKNOWN_CAMPAIGN = ProblemType("unknown-campaign", HTTPStatus.NOT_FOUND, "No such campaign")
UNKNOWN_APP = ProblemType("unknown-app", HTTPStatus.NOT_FOUND, "No such app")
UNKNOWN_CASE = ProblemType("unknown-case", HTTPStatus.NOT_FOUND, "No such complaint, sanction or appeal")
OWN_DECISION = ProblemType("own-decision", HTTPStatus.FORBIDDEN, "Another operator key has to decide")
UNKNOWN_BINDING = ProblemType("unknown-binding", HTTPStatus.NOT_FOUND, "No such binding")
UNKNOWN_KEY = ProblemType("unknown-key", HTTPStatus.NOT_FOUND, "No such personal key")
UNKNOWN_MESSAGE = ProblemType("unknown-message", HTTPStatus.NOT_FOUND, "No such message")
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "Wrong method")
REQUEST_IN_PROGRESS = ProblemType("request-in-progress", HTTPStatus.CONFLICT, "The request is still running")
FORBIDDEN_TRANSITION = ProblemType(
    "forbidden-transition", HTTPStatus.CONFLICT, "The campaign's status forbids the step"
)
ALREADY_DECIDED = ProblemType("already-decided", HTTPStatus.CONFLICT, "The decision was made before")
APPEAL_REFUSED = ProblemType("appeal-refused", HTTPStatus.CONFLICT, "The sanction can't be appealed")
APP_EXISTS = ProblemType("app-exists", HTTPStatus.CONFLICT, "The app is registered already")
TICKET_USED = ProblemType("ticket-used", HTTPStatus.CONFLICT, "The ticket was used before")
OPENID_MISMATCH = ProblemType("openid-mismatch", HTTPStatus.CONFLICT, "Another openid was bound")
TOO_MANY_BINDINGS = ProblemType("too-many-bindings", HTTPStatus.CONFLICT, "The user has bound too many apps")
TOO_MANY_KEYS = ProblemType("too-many-keys", HTTPStatus.CONFLICT, "The user has too many personal keys")
REPORT_TOO_LONG = ProblemType(
    "report-too-long", HTTPStatus.CONFLICT, "The campaign's report is too long to be searched"
)
BODY_TOO_LARGE = ProblemType("body-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large")
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be plain JSON"
)
INVALID_REQUEST = ProblemType(
    "invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY, "The request breaks its schema"
)
UNKNOWN_PARAMETER = ProblemType(
    "unknown-parameter", HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown query parameter"
)
INVALID_CURSOR = ProblemType("invalid-cursor", HTTPStatus.UNPROCESSABLE_ENTITY, "Not a cursor of this list")
WRONG_CODE = ProblemType("wrong-code", HTTPStatus.UNPROCESSABLE_ENTITY, "The code proves nothing")
ADDRESS_REFUSED = ProblemType(
    "address-refused", HTTPStatus.UNPROCESSABLE_ENTITY, "Nobody can be reminded at this address"
)
CHANNEL_NOT_LINKED = ProblemType(
    "channel-not-linked", HTTPStatus.CONFLICT, "The channel does not reach this user yet"
)
UNKNOWN_CHANNEL = ProblemType("unknown-channel", HTTPStatus.NOT_FOUND, "No such channel")
TOO_MANY_CODES = ProblemType("too-many-codes", HTTPStatus.TOO_MANY_REQUESTS, "Too many codes were sent")
CHANNEL_UNAVAILABLE = ProblemType(
    "channel-unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "The channel is not available"
)
INVALID_DATA = ProblemType(
    "invalid-data", HTTPStatus.UNPROCESSABLE_ENTITY, "The message's fields break WeChat's rules"
)
INVALID_SCHEDULE = ProblemType(
    "invalid-schedule", HTTPStatus.UNPROCESSABLE_ENTITY, "The campaign can't start at this time"
)
BLOCKED_TEXT = ProblemType("blocked-text", HTTPStatus.UNPROCESSABLE_ENTITY, "WeChat objects to the text")
TEXT_CHECK_OPENID = ProblemType(
    "text-check-openid", HTTPStatus.UNPROCESSABLE_ENTITY, "No text check under this openid"
)
CONTRADICTION = ProblemType(
    "contradiction", HTTPStatus.UNPROCESSABLE_ENTITY, "Conflicts with WeChat's template list"
)
TOO_MANY_TAGS = ProblemType(
    "too-many-tags", HTTPStatus.UNPROCESSABLE_ENTITY, "A user would bear too many tags"
)
COMPLAINT_REFUSED = ProblemType(
    "complaint-refused", HTTPStatus.UNPROCESSABLE_ENTITY, "Nobody may complain about this message"
)
INVALID_TICKET = ProblemType("invalid-ticket", HTTPStatus.UNPROCESSABLE_ENTITY, "Not a ticket of this app")
OPENID_MISSING = ProblemType("openid-missing", HTTPStatus.UNPROCESSABLE_ENTITY, "The app's openid is missing")
IDEMPOTENCY_KEY_REUSED = ProblemType(
    "idempotency-key-reused", HTTPStatus.UNPROCESSABLE_ENTITY, "The Idempotency-Key belongs to another body"
)
TOO_MANY_CHANGES = ProblemType(
    "too-many-changes", HTTPStatus.TOO_MANY_REQUESTS, "The settings were changed too often"
)
TOO_MANY_REJECTED_CODES = ProblemType(
    "too-many-rejected-codes", HTTPStatus.TOO_MANY_REQUESTS, "Too many codes were rejected"
)
TOO_MANY_REJECTED_KEYS = ProblemType(
    "too-many-rejected-keys", HTTPStatus.TOO_MANY_REQUESTS, "Too many keys were rejected"
)
TOO_MANY_PUSHES = ProblemType("too-many-pushes", HTTPStatus.TOO_MANY_REQUESTS, "The app pushes too much")
INTERNAL_ERROR = ProblemType("internal-error", HTTPStatus.INTERNAL_SERVER_ERROR, "A fault in minipush")
PUSH_NOT_PROCESSED = ProblemType(
    "push-not-processed", HTTPStatus.INTERNAL_SERVER_ERROR, "The push was not fully processed"
)
STORE_UNAVAILABLE = ProblemType(
    "store-unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "A store can't be reached"
)
ESTIMATE_TIMEOUT = ProblemType(
    "estimate-timeout", HTTPStatus.SERVICE_UNAVAILABLE, "The audience is too large to estimate in time"
)
OFFICIAL_ACCOUNT_OFF = ProblemType(
    "official-account-off", HTTPStatus.CONFLICT, "The deployment has no official account"
)
SENDING_OFF = ProblemType("sending-off", HTTPStatus.SERVICE_UNAVAILABLE, "Sending is switched off")
WECHAT_UNAVAILABLE = ProblemType(
    "wechat-unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "WeChat is unavailable"
)

PROBLEM_TYPES = tuple(value for value in list(vars().values()) if isinstance(value, ProblemType))
