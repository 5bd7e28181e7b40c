"""What can go wrong wherever minipush runs. A part of the domain has its own errors beside it, under the same root.

The WeChat client stands alone and has a tree of its own, `minipush.wechat.errors`; `minipush.adapters.wechat`
translates. `minipush.http.edge.problem_rows` says how each class is answered.
"""


class MinipushError(Exception):
    """The root of everything that minipush itself raises."""


class SettingsError(MinipushError):
    """The environment lacks a setting, or has a wrong one; the message names it."""


class StoreError(MinipushError):
    """A store can't be reached or is overloaded. The same call may succeed later."""


class DeliveryInDoubtError(StoreError):
    """The store fails, and an earlier try of this delivery may have reached the user."""


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


class OfficialAccountOffError(MinipushError):
    """The request needs an official account, and the deployment has none."""

    def __init__(self) -> None:
        super().__init__("This deployment has no official account: OfficialAppId is not set.")


class RejectedRequestError(MinipushError, ValueError):
    """The request can't be carried out as it is, and nothing of it was done."""


class InvalidCursorError(RejectedRequestError):
    """The cursor is not one that this list returned."""


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
    """Too many unknown operator or personal keys came from one address. `retry_seconds`: until the next one may be tried."""

    def __init__(self, retry_seconds: int) -> None:
        super().__init__("Too many keys from this address are unknown. Try again later.")
        self.retry_seconds = retry_seconds


class RequestInProgressError(MinipushError):
    """The first request with this key has no answer yet."""


class ClaimLostError(MinipushError):
    """Another process took this one for dead and has taken over its claim, and with it the delivery."""
