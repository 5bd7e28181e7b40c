"""What an attempt on one permit came to."""

import enum
from typing import Final, NamedTuple

from minipush.application.ports.channel import About, Retry, SendResult
from minipush.domain.messages import Fault, Outcome

_FAULTS: Final = {About.ACCOUNT: Fault.ACCOUNT, About.CAMPAIGN: Fault.CAMPAIGN}


class NextStep(enum.Enum):
    """What to do after an attempt."""

    DONE = "done"
    PERMIT_TAKEN = "permit_taken"  # another delivery has it; try the next one
    PERMIT_INVALIDATED = "permit_invalidated"  # try the next one
    PERMIT_UNKNOWN = "permit_unknown"  # the same: the provider doesn't know the permit
    PERMITS_EXHAUSTED = "permits_exhausted"  # no permit of the user is left; this one is still claimed


class AttemptResult(NamedTuple):
    """`outcome` is None if another delivery has the permit."""

    outcome: Outcome | None
    next_step: NextStep = NextStep.DONE


def explained(result: SendResult, refusal: SendResult | None) -> SendResult:
    """`result`, with what the provider said to the refused call that led to it."""
    if refusal is None:
        return result
    return result._replace(
        errcode=result.errcode or refusal.errcode,
        rid=result.rid or refusal.rid,
        errmsg=result.errmsg or refusal.errmsg,
    )


def fault_of(result: SendResult) -> Fault | None:
    """The fault of a rejection; None if it concerns the user or the message."""
    if result.retry is not Retry.NEVER:
        return Fault.TRANSIENT
    return _FAULTS.get(result.about) if result.about else None
