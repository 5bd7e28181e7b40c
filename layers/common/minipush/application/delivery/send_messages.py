"""Direct sends: one message to a few users, now."""

import asyncio
import logging
import uuid
from collections.abc import Iterable
from dataclasses import replace

from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import Delivery
from minipush.application.delivery.direct_refusal_guard import DirectRefusalGuard
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.messages.check_fields import CheckFields
from minipush.application.ports.users import UserStore
from minipush.domain.ids import user_hash
from minipush.domain.messages import Message, Outcome, Reason, Status
from minipush.domain.users import is_openid
from minipush.errors import ClaimLostError, DeliveryInDoubtError, StoreError

logger = logging.getLogger(__name__)


class SendMessages:
    """`deliver` defers refused recipients to the `refusal_guard`."""

    def __init__(
        self,
        users: UserStore,
        check_fields: CheckFields,
        deliver: Deliver,
        refusal_guard: DirectRefusalGuard,
        sending: SendingWatch,
    ) -> None:
        self._users = users
        self._check_fields = check_fields
        self._deliver = deliver
        self._refusal_guard = refusal_guard
        self._sending = sending

    async def __call__(
        self, openids: list[str], message: Message, delivery_id: str, deadline: float
    ) -> list[Outcome]:
        """Send to each openid once, and return an outcome for each entry of `openids`, in its order.

        The same `delivery_id` again continues where an earlier call died. `deadline` is on time.monotonic().
        Raise InvalidDataError before anything is done, and SendingOffError where nothing was. Raise StoreError if the
        store failed for every user; if it failed for some, their outcome is a failure. Any other error is raised when all users are done.
        """
        async with self._sending:
            self._sending.check()
            template = await asyncio.to_thread(self._check_fields, message)
            delivery = Delivery(
                delivery_id,
                uuid.uuid4().hex[:8],
                message,
                deadline,
                is_stopped=lambda: self._sending.is_off,
                is_long_term=template.is_long_term if template else None,
            )
            return self._explained(await self._to_all(openids, delivery))

    async def _to_all(self, openids: list[str], delivery: Delivery) -> list[Outcome]:
        asked = [openid for openid in dict.fromkeys(openids) if is_openid(openid)]
        sends = (self._to_one(openid, delivery) for openid in asked)
        results = await asyncio.gather(*sends, return_exceptions=True)
        errors = [result for result in results if isinstance(result, StoreError)]
        if errors and len(errors) == len(results):
            raise errors[0]
        by_openid = dict(zip(asked, results, strict=True))
        answered = [result for result in results if isinstance(result, Outcome)]
        resolved = await self._refusal_guard.resolve(delivery, answered)
        # Refused permits are claimed until they are resolved, so an unexpected error for one user comes after that.
        _raise_unexpected(results)
        by_openid |= {outcome.openid: outcome for outcome in resolved}
        return [_outcome(openid, by_openid.get(openid)) for openid in openids]

    def _explained(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Name the switch where it stopped a delivery. Raise SendingOffError where it stopped all that had begun."""
        if not self._sending.is_off:
            return outcomes
        explained = [
            replace(outcome, reason=Reason.SENDING_OFF) if _was_not_tried(outcome) else outcome
            for outcome in outcomes
        ]
        if all(_did_nothing(outcome) for outcome in explained):
            self._sending.check()
        return explained

    async def _to_one(self, openid: str, delivery: Delivery) -> Outcome | StoreError:
        try:
            user = await asyncio.to_thread(self._users.read, openid)
            return await self._deliver(user, delivery)
        except (ClaimLostError, DeliveryInDoubtError):
            return Outcome(openid, Status.UNKNOWN)
        except StoreError as error:
            about = {"delivery_id": delivery.id, "user": user_hash(openid)}
            logger.exception("the store failed for one recipient", extra=about)
            return error


def _was_not_tried(outcome: Outcome) -> bool:
    is_failed = outcome.status is Status.FAILED and outcome.reason is Reason.WECHAT_UNAVAILABLE
    return is_failed and outcome.may_be_sent_later and outcome.errcode is None


def _did_nothing(outcome: Outcome) -> bool:
    nothing_done = (Reason.SENDING_OFF, Reason.INVALID_OPENID)
    return outcome.status is Status.SKIPPED or outcome.reason in nothing_done


def _raise_unexpected(results: Iterable[Outcome | BaseException]) -> None:
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, StoreError):
            raise result


def _outcome(openid: str, result: Outcome | BaseException | None) -> Outcome:
    if result is None:
        return Outcome(openid, Status.FAILED, Reason.INVALID_OPENID)
    if isinstance(result, BaseException):
        return Outcome(openid, Status.FAILED, Reason.WECHAT_UNAVAILABLE)
    return result
