"""Bounces and complaints, as SES tells them to EventBridge.

Source: "Contents of event data" in the SES Developer Guide.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from minipush.domain.centre.channels import DeadReason
from minipush.domain.centre.mail_feedback import MailFeedback

# See channels/email/mail.py: SES replaces Message-ID by its own.
MESSAGE_ID = "x-message-id"


def read_mail_feedback(detail: Mapping[str, Any]) -> MailFeedback | None:
    """None for what says nothing of the address, such as a full mailbox, and for a mail without an id of ours.

    `detail`: of EventBridge's event.
    """
    reason, mail = _reason(detail), detail.get("mail") or {}
    headers = {str(each.get("name")).lower(): str(each.get("value")) for each in mail.get("headers") or ()}
    to: Sequence[Any] = mail.get("destination") or []
    if reason is None or MESSAGE_ID not in headers or len(to) != 1:
        return None
    return MailFeedback(
        message_id=headers[MESSAGE_ID],
        provider_id=str(mail.get("messageId")),
        address=str(to[0]),
        reason=reason,
        unsubscribe_token=_unsubscribe_token(headers),
    )


def _unsubscribe_token(headers: Mapping[str, str]) -> str | None:
    url = headers.get("list-unsubscribe", "").strip("<> ")
    return next(iter(parse_qs(urlsplit(url).query).get("token", ())), None)


def _reason(detail: Mapping[str, Any]) -> DeadReason | None:
    match detail:
        case {"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}}:
            return DeadReason.BOUNCED
        case {"eventType": "Complaint", "complaint": {"complaintFeedbackType": "not-spam"}}:
            return None
        case {"eventType": "Complaint"}:
            return DeadReason.COMPLAINED
        case _:
            return None
