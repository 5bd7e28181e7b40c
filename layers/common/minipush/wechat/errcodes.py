"""The reaction to each errcode, in one table.

The codes come from WeChat's pages on sending, templates, tokens, logins and the text check. Never decide by
errmsg: its wording changes. Codes of other interfaces have the reaction to a send that gets them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Reaction(StrEnum):
    """What the sender does next."""

    OK = "ok"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105  # a reaction, not a password
    BACK_OFF = "back_off"  # not accepted; the same request may succeed later
    NEXT_PERMIT = "next_permit"  # this permit is spent or bad; try the user's next one
    COUNT_EMPTY = "count_empty"  # nothing is left of this user's count for the template
    USER_FAIL = "user_fail"  # permanent for this user
    MESSAGE_FAIL = "message_fail"  # this rendered message is bad; another user's may be good
    CAMPAIGN_FAIL = "campaign_fail"  # every message of the campaign would fail
    PAUSE = "pause"  # stop sending for the account: quota, ban, configuration


@dataclass(frozen=True, slots=True)
class Code:
    """`reason` is the public reason of a send that failed with this code. It is empty for a success."""

    errcode: int
    reaction: Reaction
    reason: str
    meaning: str
    known: bool = True


CODES: Final = (
    Code(-1, Reaction.BACK_OFF, "wechat_unavailable", "system busy"),
    Code(0, Reaction.OK, "", "ok"),
    Code(404, Reaction.PAUSE, "wechat_unavailable", "wrong HTTP method"),
    Code(20001, Reaction.BACK_OFF, "wechat_unavailable", "system error"),
    Code(20002, Reaction.MESSAGE_FAIL, "invalid_data", "parameter wrong"),
    Code(40001, Reaction.REFRESH_TOKEN, "wechat_unavailable", "access_token invalid or not the latest"),
    Code(40002, Reaction.PAUSE, "wechat_unavailable", "grant_type wrong"),
    Code(40003, Reaction.USER_FAIL, "invalid_openid", "openid wrong or of another appid"),
    Code(40008, Reaction.MESSAGE_FAIL, "invalid_data", "message type wrong"),
    Code(40013, Reaction.PAUSE, "wechat_unavailable", "appid wrong or mini-program not bound"),
    Code(40014, Reaction.REFRESH_TOKEN, "wechat_unavailable", "access_token malformed or expired"),
    Code(40029, Reaction.USER_FAIL, "refused", "js_code invalid, expired or used"),
    Code(40033, Reaction.MESSAGE_FAIL, "invalid_data", "escaped unicode in the body"),
    Code(40036, Reaction.CAMPAIGN_FAIL, "invalid_template", "template_id missing or of wrong length"),
    Code(40037, Reaction.CAMPAIGN_FAIL, "invalid_template", "template_id wrong"),
    Code(40039, Reaction.CAMPAIGN_FAIL, "invalid_page", "url too long"),
    Code(40062, Reaction.MESSAGE_FAIL, "invalid_data", "title of wrong length"),
    Code(40066, Reaction.CAMPAIGN_FAIL, "invalid_page", "url wrong"),
    Code(40097, Reaction.MESSAGE_FAIL, "invalid_data", "argument wrong"),
    Code(40125, Reaction.PAUSE, "wechat_unavailable", "secret wrong"),
    Code(40129, Reaction.MESSAGE_FAIL, "invalid_data", "scene of the text check wrong"),
    Code(40138, Reaction.CAMPAIGN_FAIL, "invalid_data", "emphasis keyword not allowed"),
    Code(40163, Reaction.USER_FAIL, "refused", "code already used"),
    Code(40164, Reaction.PAUSE, "wechat_unavailable", "our IP address is not in the whitelist"),
    Code(40165, Reaction.CAMPAIGN_FAIL, "invalid_page", "mini-program page wrong"),
    Code(40166, Reaction.CAMPAIGN_FAIL, "invalid_page", "mini-program appid wrong"),
    Code(40226, Reaction.USER_FAIL, "refused", "high-risk user, login blocked"),
    Code(40241, Reaction.MESSAGE_FAIL, "duplicate", "the same message was sent within 60 s"),
    Code(40243, Reaction.PAUSE, "wechat_unavailable", "secret frozen"),
    Code(40246, Reaction.CAMPAIGN_FAIL, "invalid_template", "keyword list of the new template wrong"),
    Code(40247, Reaction.CAMPAIGN_FAIL, "invalid_template", "a category template is needed"),
    Code(40249, Reaction.CAMPAIGN_FAIL, "content_blocked", "marketing content forbidden"),
    Code(40400, Reaction.PAUSE, "wechat_unavailable", "bad request"),
    Code(41001, Reaction.REFRESH_TOKEN, "wechat_unavailable", "access_token missing"),
    Code(41002, Reaction.PAUSE, "wechat_unavailable", "appid missing"),
    Code(41004, Reaction.PAUSE, "wechat_unavailable", "secret missing"),
    Code(41028, Reaction.NEXT_PERMIT, "no_permit", "form_id wrong or expired"),
    Code(41029, Reaction.NEXT_PERMIT, "no_permit", "form_id already used"),
    Code(41030, Reaction.CAMPAIGN_FAIL, "invalid_page", "page not in the released version"),
    Code(41031, Reaction.NEXT_PERMIT, "no_permit", "form_id blocked"),
    Code(41032, Reaction.PAUSE, "wechat_unavailable", "sending by formId forbidden (punishment)"),
    Code(41034, Reaction.PAUSE, "wechat_unavailable", "sending by formId forbidden (punishment)"),
    Code(41035, Reaction.PAUSE, "wechat_unavailable", "sending by prepay_id forbidden (punishment)"),
    Code(42001, Reaction.REFRESH_TOKEN, "wechat_unavailable", "access_token expired"),
    Code(43002, Reaction.PAUSE, "wechat_unavailable", "POST required"),
    Code(43003, Reaction.PAUSE, "wechat_unavailable", "HTTPS required"),
    Code(43004, Reaction.USER_FAIL, "not_following", "the user must follow the account"),
    Code(43019, Reaction.USER_FAIL, "refused", "the user is in the blacklist"),
    Code(43100, Reaction.BACK_OFF, "wechat_unavailable", "template or industry changed too often"),
    Code(43101, Reaction.COUNT_EMPTY, "refused", "not subscribed, refused, or every accept used up"),
    Code(43102, Reaction.CAMPAIGN_FAIL, "invalid_template", "template is not a subscription one"),
    Code(43104, Reaction.CAMPAIGN_FAIL, "wechat_unavailable", "appid lacks permission, or openid of another"),
    Code(43106, Reaction.PAUSE, "wechat_unavailable", "adding templates forbidden (punishment)"),
    Code(43107, Reaction.PAUSE, "wechat_unavailable", "subscription messages or this template banned"),
    Code(43108, Reaction.BACK_OFF, "wechat_unavailable", "concurrent sends to one user"),
    Code(43116, Reaction.CAMPAIGN_FAIL, "wechat_unavailable", "template banned for abuse"),
    Code(43117, Reaction.BACK_OFF, "refused", "too many messages to this user"),
    Code(43302, Reaction.PAUSE, "wechat_unavailable", "POST required"),
    Code(44002, Reaction.MESSAGE_FAIL, "invalid_data", "body empty"),
    Code(44991, Reaction.BACK_OFF, "quota", "limit of the minute (text check)"),
    Code(45009, Reaction.PAUSE, "quota", "limit of the day"),
    Code(45011, Reaction.BACK_OFF, "quota", "limit of the minute"),
    Code(45012, Reaction.MESSAGE_FAIL, "invalid_data", "template too large"),
    Code(45013, Reaction.MESSAGE_FAIL, "invalid_data", "too many template arguments"),
    Code(45014, Reaction.MESSAGE_FAIL, "invalid_data", "template message too large"),
    Code(45026, Reaction.CAMPAIGN_FAIL, "invalid_template", "too many templates in the account"),
    Code(45047, Reaction.USER_FAIL, "refused", "too many customer-service messages"),
    Code(45051, Reaction.CAMPAIGN_FAIL, "content_blocked", "illegal link in the template message"),
    Code(45102, Reaction.PAUSE, "wechat_unavailable", "interface blocked for a while"),
    Code(45103, Reaction.CAMPAIGN_FAIL, "wechat_unavailable", "interface no longer supported"),
    Code(45109, Reaction.CAMPAIGN_FAIL, "wechat_unavailable", "interface no longer supported"),
    Code(45168, Reaction.MESSAGE_FAIL, "content_blocked", "sensitive word"),
    Code(45501, Reaction.PAUSE, "wechat_unavailable", "requests of the app blocked by the supervisor"),
    Code(
        46101, Reaction.CAMPAIGN_FAIL, "wechat_unavailable", "classic templates unsupported since 2020-01-11"
    ),
    Code(47001, Reaction.MESSAGE_FAIL, "invalid_data", "body not parseable"),
    Code(47002, Reaction.MESSAGE_FAIL, "invalid_data", "escaped unicode in the body"),
    Code(47003, Reaction.MESSAGE_FAIL, "invalid_data", "template data wrong"),
    Code(48001, Reaction.PAUSE, "wechat_unavailable", "interface not authorised"),
    Code(48002, Reaction.USER_FAIL, "refused", "the user refuses the account's messages"),
    Code(48004, Reaction.PAUSE, "wechat_unavailable", "interface banned for the account"),
    Code(48006, Reaction.PAUSE, "quota", "clear_quota used up"),
    Code(48008, Reaction.PAUSE, "wechat_unavailable", "no right to this type of message"),
    Code(48011, Reaction.CAMPAIGN_FAIL, "invalid_template", "template disabled"),
    Code(49003, Reaction.USER_FAIL, "invalid_openid", "openid does not match the appid"),
    Code(50001, Reaction.PAUSE, "wechat_unavailable", "not authorised"),
    Code(50002, Reaction.USER_FAIL, "refused", "restricted, frozen or cancelled; pause if it repeats"),
    Code(50003, Reaction.PAUSE, "wechat_unavailable", "not authorised"),
    Code(50004, Reaction.PAUSE, "wechat_unavailable", "token endpoint forbidden"),
    Code(50005, Reaction.USER_FAIL, "not_following", "the user does not follow the account"),
    Code(50007, Reaction.PAUSE, "wechat_unavailable", "account frozen"),
    Code(61007, Reaction.PAUSE, "wechat_unavailable", "not authorised to the third-party platform"),
    Code(61010, Reaction.USER_FAIL, "refused", "user not active within 2 h (text check)"),
    Code(61024, Reaction.PAUSE, "wechat_unavailable", "appid is a third-party platform's"),
    Code(76001, Reaction.MESSAGE_FAIL, "invalid_data", "rid unknown"),
    Code(76002, Reaction.MESSAGE_FAIL, "invalid_data", "rid malformed"),
    Code(76003, Reaction.MESSAGE_FAIL, "invalid_data", "rid of another account"),
    Code(76004, Reaction.MESSAGE_FAIL, "invalid_data", "rid older than 7 days"),
    Code(76021, Reaction.MESSAGE_FAIL, "invalid_data", "cgi_path wrong"),
    Code(76022, Reaction.MESSAGE_FAIL, "invalid_data", "cgi_path of another account"),
    Code(87009, Reaction.MESSAGE_FAIL, "invalid_data", "signature of the session invalid"),
    Code(87014, Reaction.MESSAGE_FAIL, "content_blocked", "risky content"),
    Code(89501, Reaction.PAUSE, "wechat_unavailable", "our IP address awaits the administrator"),
    Code(89503, Reaction.PAUSE, "wechat_unavailable", "the call awaits the administrator"),
    Code(89506, Reaction.PAUSE, "wechat_unavailable", "our IP address was refused twice: 24 h"),
    Code(89507, Reaction.PAUSE, "wechat_unavailable", "our IP address was refused: 1 h"),
    Code(200001, Reaction.BACK_OFF, "wechat_unavailable", "system error"),
    Code(200002, Reaction.MESSAGE_FAIL, "invalid_data", "parameter wrong"),
    Code(200011, Reaction.PAUSE, "wechat_unavailable", "account banned"),
    Code(200012, Reaction.CAMPAIGN_FAIL, "invalid_template", "too many private templates"),
    Code(200013, Reaction.CAMPAIGN_FAIL, "invalid_template", "template banned"),
    Code(200014, Reaction.CAMPAIGN_FAIL, "invalid_template", "tid wrong"),
    Code(200016, Reaction.CAMPAIGN_FAIL, "invalid_template", "start wrong"),
    Code(200017, Reaction.CAMPAIGN_FAIL, "invalid_template", "limit wrong"),
    Code(200018, Reaction.CAMPAIGN_FAIL, "invalid_template", "category ids missing"),
    Code(200019, Reaction.CAMPAIGN_FAIL, "invalid_template", "category ids illegal"),
    Code(200020, Reaction.CAMPAIGN_FAIL, "invalid_template", "kidList wrong"),
    Code(200021, Reaction.CAMPAIGN_FAIL, "invalid_template", "sceneDesc wrong"),
    Code(200022, Reaction.CAMPAIGN_FAIL, "invalid_template", "the same template exists"),
    Code(200100, Reaction.PAUSE, "wechat_unavailable", "type of account not served"),
)
_TABLE: Final = {row.errcode: row for row in CODES}


def code_of(errcode: int) -> Code:
    """The row of `errcode`. An unknown code (not `known`) gets BACK_OFF: retry once, then fail the message."""
    row = _TABLE.get(errcode)
    return row or Code(errcode, Reaction.BACK_OFF, "wechat_unavailable", "unknown", known=False)


def reaction_to_status(status: int) -> Reaction:
    """The reaction to an HTTP status other than 2xx without an errcode.

    A status that blames the request's body fails the message. Any other 3xx or 4xx (a wrong base URL, a proxy
    or a firewall) would fail every message: stop instead of failing the whole audience.
    """
    if status in {400, 413, 422}:
        return Reaction.MESSAGE_FAIL
    if status >= 500 or status in {408, 425, 429}:
        return Reaction.BACK_OFF
    return Reaction.PAUSE
