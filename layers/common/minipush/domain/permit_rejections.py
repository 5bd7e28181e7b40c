"""Why a reported permit is not stored."""

import enum

from minipush.errors import MinipushError


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
