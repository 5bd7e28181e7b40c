"""What SES tells EventBridge, after the examples in its Developer Guide."""

from typing import Any

from support.reminder_channels import MESSAGE_ID

BOUNCE: dict[str, Any] = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [{"emailAddress": "anna@example.com", "action": "failed", "status": "5.1.1"}],
    "timestamp": "2026-11-30T08:00:01.000Z",
    "feedbackId": "010001860e7b-0001",
    "reportingMTA": "dsn; mx.example.com",
}
COMPLAINT: dict[str, Any] = {
    "complainedRecipients": [{"emailAddress": "anna@example.com"}],
    "timestamp": "2026-11-30T08:00:01.000Z",
    "feedbackId": "010001860e7b-0002",
    "complaintFeedbackType": "abuse",
}


def ses_event(
    kind: str = "Bounce",
    message_id: str = MESSAGE_ID,
    provider_id: str = "p-1",
    to: str = "anna@example.com",
    unsubscribe_url: str = "",
    **changes: Any,
) -> dict[str, Any]:
    """`kind`: Bounce or Complaint. `changes`: of what it says."""
    about = {"Bounce": BOUNCE, "Complaint": COMPLAINT}[kind] | changes
    mail = {
        "timestamp": "2026-11-30T08:00:00.000Z",
        "source": "notice@minipush.example",
        "messageId": provider_id,
        "destination": [to],
        "headersTruncated": False,
        "headers": [
            {"name": "From", "value": "notice@minipush.example"},
            {"name": "X-Message-Id", "value": message_id},
            *([{"name": "List-Unsubscribe", "value": f"<{unsubscribe_url}>"}] if unsubscribe_url else []),
        ],
        "tags": {"ses:configuration-set": ["reminders"]},
    }
    detail = {"eventType": kind, kind.lower(): about, "mail": mail}
    return {"source": "aws.ses", "detail-type": "Email Bounced", "detail": detail}
