"""What can be wrong with a message."""

from typing import TYPE_CHECKING

from minipush.errors import RejectedRequestError

if TYPE_CHECKING:
    from minipush.domain.fields import FieldViolation


class InvalidDataError(RejectedRequestError):
    """WeChat would refuse the message for every recipient, because of its fields."""

    def __init__(self, violations: "list[FieldViolation]") -> None:
        listed = (f"{'/'.join(('data', *one.path))}: {one.why}" for one in violations)
        super().__init__("the message can't be sent: " + "; ".join(listed))
        self.violations = violations


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
