"""A second check of direct sends that WeChat refused (43101) in a sudden mass, and some minutes before in another.

A mass may be true: so many users have withdrawn. What WeChat says slowly, and minutes after the first refusal, is
believed, as in campaigns. So a few of these messages are sent once more, at a rate that all processes share. If most
of them are refused again, the other refusals of these users are believed, too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from minipush.application.delivery.refused_recipient import RefusedRecipient
from minipush.application.delivery.sudden_refusals import REST_SECONDS
from minipush.application.ports.clock import Clock
from minipush.application.ports.refusals import RefusalCounts
from minipush.domain.messages import Outcome, Status
from minipush.errors import DeliveryInDoubtError, StoreError

logger = logging.getLogger(__name__)

# How many messages of one request are sent again, and how many a second by all processes together.
SAMPLE: Final = 10
PER_SECOND: Final = 5.0

type SendAgain = Callable[[RefusedRecipient], Awaitable[Outcome | None]]
"""See `Deliver.send_again`."""


@dataclass(slots=True)
class CheckedRefusals:
    """By openid. `settled`: the permit is settled, and this is the outcome. `believed`: the refusal is true.

    Any other refusal is doubted.
    """

    settled: dict[str, Outcome] = field(default_factory=dict)
    believed: set[str] = field(default_factory=set)

    def believes_most(self) -> bool:
        sent = sum(outcome.status is Status.SENT for outcome in self.settled.values())
        return len(self.believed) > sent


class SecondCheck:
    def __init__(self, counts: RefusalCounts, send_again: SendAgain, clock: Clock) -> None:
        self._counts = counts
        self._send_again = send_again
        self._clock = clock

    async def __call__(self, refused: list[RefusedRecipient]) -> CheckedRefusals:
        """Note that these refusals are doubted, and check those that were doubted at least REST_SECONDS before."""
        checked = CheckedRefusals()
        due = [each for each, is_due in zip(refused, await self._are_due(refused), strict=True) if is_due]
        if not due:
            return checked
        sample, others = due[:SAMPLE], due[SAMPLE:]
        await self._send_all_again(sample, checked)
        logger.warning(
            "43101 again for %d of %d messages that were sent again slowly",
            len(checked.believed),
            len(sample),
        )
        if checked.believes_most():
            checked.believed.update(each.user.openid for each in others)
        return checked

    async def _are_due(self, refused: Iterable[RefusedRecipient]) -> list[bool]:
        return await asyncio.gather(*(asyncio.to_thread(self._is_due, each) for each in refused))

    def _is_due(self, refused: RefusedRecipient) -> bool:
        now, template_id = self._clock(), refused.delivery.message.template_id
        try:
            since = self._counts.doubted_since(refused.user.openid, template_id, now)
        except StoreError:
            logger.warning("a doubt could not be noted", exc_info=True)
            return False
        return now - since >= 1000 * REST_SECONDS

    async def _send_all_again(self, sample: list[RefusedRecipient], checked: CheckedRefusals) -> None:
        results = await asyncio.gather(*map(self._send_again, sample), return_exceptions=True)
        for refused, result in zip(sample, results, strict=True):
            openid = refused.user.openid
            if result is None:
                checked.believed.add(openid)
            elif isinstance(result, Outcome):
                checked.settled[openid] = result
            elif _may_have_been_sent(result):
                logger.error("a second check failed", exc_info=result)
                checked.settled[openid] = Outcome(openid, Status.UNKNOWN)


def _may_have_been_sent(error: BaseException) -> bool:
    return isinstance(error, DeliveryInDoubtError) or not isinstance(error, StoreError)
