"""What can go wrong in the message centre."""

from typing import ClassVar

from minipush.errors import MinipushError, RejectedRequestError


class ComplaintRefusedError(RejectedRequestError):
    """Nobody may complain about this message, or not any more. The text says why, in a sentence."""


class AddressRefusedError(RejectedRequestError):
    """A channel can't remind at the given address."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ChannelNotLinkedError(RejectedRequestError):
    """A channel inside WeChat doesn't reach the user: nothing is followed, or nothing accepted."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} doesn't reach this user yet")
        self.kind = kind


class WrongCodeError(RejectedRequestError):
    """The code is wrong or expired, or it was tried too often: which of them is not told."""


class TooManyCodesError(MinipushError):
    """Too many codes went to one address, or for one user. `retry_seconds`: until the next one may go."""

    def __init__(self, retry_seconds: int) -> None:
        super().__init__("Too many codes have been sent within an hour. Try again later.")
        self.retry_seconds = retry_seconds


class UnknownChannelError(MinipushError):
    """The user has no channel of this kind, or has not verified it."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class ChannelUnavailableError(MinipushError):
    """A channel's provider doesn't accept anything now. `retry_seconds`: where it said when to come again."""

    def __init__(self, retry_seconds: float | None) -> None:
        super().__init__("The channel's provider is not available.")
        self.retry_seconds = retry_seconds


class TooManyPushesError(MinipushError):
    """An app, or a key, pushes more than it may. `what`: the limit in words. `retry_seconds`: until there is room again."""

    def __init__(self, what: str, limit: int, retry_seconds: int) -> None:
        super().__init__(f"The limit is {what}.")
        self.limit = limit
        self.retry_seconds = retry_seconds


class UnknownMessageError(MinipushError):
    """The app has pushed no message with this id, or has taken it back."""


class UnknownPushKeyError(MinipushError):
    """Nobody has this personal key, or nobody has it any more."""


class UnknownAppError(MinipushError):
    """No app is registered under this appid."""


class UnknownCaseError(MinipushError):
    """No complaint, sanction or appeal has this id. `what`: which of the three was looked for."""

    def __init__(self, what: str) -> None:
        super().__init__(f"No {what} has this id.")


class AlreadyDecidedError(MinipushError):
    """Another decision came first, and this one changes nothing."""


class OwnDecisionError(MinipushError):
    """The operator key that asks has imposed the sanction. Another one has to decide the appeal."""


class AppealRefusedError(MinipushError):
    """The sanction was appealed before, is over, or is older than 30 days."""


class AppExistsError(MinipushError):
    """An app is registered under this appid already."""


class BindRefusedError(MinipushError):
    """A user can't be bound to an app."""

    refusal: ClassVar[str]
    """The reason. The values are part of the HTTP contract."""


class AppBannedError(BindRefusedError):
    refusal = "app_banned"


class InvalidTicketError(BindRefusedError):
    """The app's back end did not make this ticket for this openid and this mini-program, or it has expired."""

    refusal = "invalid_ticket"


class TicketUsedError(BindRefusedError):
    refusal = "ticket_used"


class OpenidMissingError(BindRefusedError):
    refusal = "openid_missing"


class TooManyBindingsError(BindRefusedError):
    refusal = "too_many_bindings"


class UnknownBindingError(MinipushError):
    """Nobody has this binding key, or not of this app, or nobody has it any more."""


class OpenidMismatchError(MinipushError):
    """The app confirms another openid than the one that was bound."""


class UnknownKeyError(MinipushError):
    """The user has no personal key of this id."""


class TooManyKeysError(MinipushError):
    """The user has as many personal keys as a user may."""
