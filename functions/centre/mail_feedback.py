"""Bounces and complaints about mails, which SES tells to EventBridge."""

from typing import Any

from minipush.adapters.ses_events import read_mail_feedback
from minipush.container.message_centre import message_centre


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    feedback = read_mail_feedback(event["detail"])
    is_recorded = feedback is not None and message_centre().record_mail_feedback(feedback)
    return {"recorded": is_recorded}
