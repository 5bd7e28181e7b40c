"""How often one permit has been tried for a delivery, and whether it may be tried again."""

import math
from dataclasses import dataclass
from typing import Final

from minipush.application.delivery.delivery import Delivery
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.ports.channel import Retry, SendResult
from minipush.domain.permits import Permit

# Each send in doubt may reach the user once more.
SENDS_IN_DOUBT: Final = 2


@dataclass(slots=True)
class Retries:
    """`tries`: sends that count as one. `waits`: for the user, or for a permit that is new to the provider.
    `sends_in_doubt`: sends after an earlier one may have arrived. `token_refusal`: the last answer, if it refused the
    token. `repeatable_until`: after that (ms), the provider may not recognise a repeat. `at` below is when the result
    came (ms).
    """

    policy: RetryPolicy
    permit: Permit
    tries: int = 0
    waits: int = 0
    sends_in_doubt: int = 0
    token_refusal: SendResult | None = None
    repeatable_until: float = math.inf

    def __post_init__(self) -> None:
        if self.permit.claim and self.permit.kind.repeatable_ms is not None:
            self.repeatable_until = self.permit.claim.at + self.permit.kind.repeatable_ms

    def note_doubt(self, at: int) -> None:
        """An answer was lost. Its request went out at most as long before as an answer may take."""
        repeatable_ms = self.permit.kind.repeatable_ms
        if repeatable_ms is not None:
            until = at - 1000 * self.policy.answer_within + repeatable_ms
            self.repeatable_until = min(self.repeatable_until, until)

    def needs_other_token(self, result: SendResult) -> bool:
        """For the first time in a row: the message is sent again with another token. It doesn't count as a try."""
        is_first = result.retry is Retry.WHEN_READY and not self.token_refusal
        self.token_refusal = result if is_first else None
        return is_first

    def is_wait(self, result: SendResult, at: int) -> bool:
        """Rejected for certain, and for a moment only: it doesn't count as a try.

        Another message to this user is in progress, or the provider doesn't know the permit yet.
        """
        return result.retry is Retry.WHEN_USER_IS_FREE or self.is_too_early(result, at)

    def is_too_early(self, result: SendResult, at: int) -> bool:
        return result.not_found and self.permit.may_be_unknown_yet(at)

    def pause_after(self, result: SendResult, at: int) -> float | None:
        """Seconds until the next try; None if there is none."""
        if not self.is_wait(result, at):
            return self.policy.pause(self.tries) if self.tries < self.policy.tries else None
        self.waits += 1
        is_busy = result.retry is Retry.WHEN_USER_IS_FREE
        most = self.policy.waits if is_busy else self.policy.early_tries
        return self.policy.pause(self.waits) if self.waits < most else None

    def may_settle_doubt(self, delivery: Delivery, at: int) -> bool:
        """Whether one more send may follow a lost answer.

        An idempotency key may be sent while there is time: an answer to it settles the doubt.
        """
        if self.permit.kind.is_idempotency_key:
            return at + 1000 * self.policy.longest_pause < self.repeatable_until
        is_left = self.tries < self.policy.tries and self.sends_in_doubt < SENDS_IN_DOUBT
        return is_left and may_send_again(self.permit, delivery, at)


def may_send_again(permit: Permit, delivery: Delivery, now: int) -> bool:
    """Whether the permit may be sent again although an earlier try, at its claim, may have arrived."""
    kind = permit.kind
    if kind.is_idempotency_key:
        return not kind.repeatable_ms or permit.claim is None or now < permit.claim.at + kind.repeatable_ms
    return delivery.message.on_unknown == "retry"
