"""What a user answered to wx.requestSubscribeMessage, as permits."""

from minipush.domain.permit_kinds.long import long_permits
from minipush.domain.permit_kinds.once import once_permits
from minipush.domain.permit_rejections import (
    PermitRejectedError,
    PermitRejection,
    SubscriptionNotAcceptedError,
)
from minipush.domain.permits import Permit, is_client_id, is_template_id

# WeChat has added words for ways to accept, such as acceptWithAudio, and documents only some of them.
_ACCEPT = "accept"


def subscription_permits(id_: str, template_id: str, result: str, *, long_term: bool) -> list[Permit]:
    """The permit in the result for one template.

    Raise SubscriptionNotAcceptedError for any result but an accept, PermitRejectedError for malformed ids.
    """
    if not result.startswith(_ACCEPT):
        raise SubscriptionNotAcceptedError(id_, template_id, result)
    if not is_client_id(id_) or not is_template_id(template_id):
        raise PermitRejectedError(PermitRejection.MALFORMED)
    return long_permits(template_id) if long_term else once_permits(id_, template_id)
