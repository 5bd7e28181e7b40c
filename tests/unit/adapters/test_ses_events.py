"""Bounces and complaints, as SES tells of them."""

from typing import Any

import pytest
from support.reminder_channels import MESSAGE_ID
from support.ses_events import ses_event

from minipush.adapters.ses_events import read_mail_feedback
from minipush.domain.centre.channels import DeadReason
from minipush.domain.centre.mail_feedback import MailFeedback


def read(**changes: Any) -> MailFeedback | None:
    return read_mail_feedback(ses_event(**changes)["detail"])


@pytest.mark.parametrize(
    ("kind", "reason"), [("Bounce", DeadReason.BOUNCED), ("Complaint", DeadReason.COMPLAINED)]
)
def test_a_bounce_for_good_and_a_complaint_end_an_address(kind: str, reason: DeadReason) -> None:
    assert read(kind=kind) == MailFeedback(
        message_id=MESSAGE_ID, provider_id="p-1", address="anna@example.com", reason=reason
    )


def test_the_link_of_a_mail_is_told() -> None:
    url = "https://api.example/centre/unsubscribe?token=aToken-1"
    feedback = read(unsubscribe_url=url)
    assert feedback
    assert feedback.unsubscribe_token == "aToken-1"


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_a_mailbox_that_is_full_today_says_nothing_of_the_address(kind: str) -> None:
    assert read(bounceType=kind) is None


def test_an_address_that_ses_does_not_send_to_any_more_is_ended() -> None:
    assert read(bounceSubType="OnAccountSuppressionList") is not None


def test_a_mail_that_was_taken_out_of_the_spam_is_no_complaint() -> None:
    assert read(kind="Complaint", complaintFeedbackType="not-spam") is None


def test_a_complaint_without_a_type_is_one() -> None:
    assert read(kind="Complaint", complaintFeedbackType=None) is not None


@pytest.mark.parametrize(
    "mail",
    [
        {},
        {"headers": None},
        {"headers": [], "destination": ["anna@example.com"], "messageId": "p-1"},
        {"headers": [{"name": "X-Message-Id", "value": MESSAGE_ID}], "destination": []},
    ],
)
def test_a_mail_that_is_not_ours_says_nothing(mail: dict[str, Any]) -> None:
    detail = ses_event()["detail"] | {"mail": mail}
    assert read_mail_feedback(detail) is None


def test_another_event_says_nothing() -> None:
    assert read_mail_feedback(ses_event()["detail"] | {"eventType": "Delivery"}) is None
