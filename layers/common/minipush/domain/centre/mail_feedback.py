"""What the provider of mails learns after it has taken one."""

from dataclasses import dataclass

from minipush.domain.centre.channels import DeadReason


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFeedback:
    """Nothing more may go to the address. `message_id`: of the inbox. `provider_id`: the provider's id of the mail.

    `unsubscribe_token`: of the mail's link, if it has one.
    """

    message_id: str
    provider_id: str
    address: str
    reason: DeadReason
    unsubscribe_token: str | None = None
