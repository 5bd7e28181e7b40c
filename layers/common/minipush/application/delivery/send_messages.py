"""Direct sends: one message to a few users, now."""

import asyncio
import logging
import uuid
from collections.abc import Iterable

from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import Delivery
from minipush.application.delivery.direct_refusal_guard import DirectRefusalGuard
from minipush.application.messages.check_fields import CheckFields
from minipush.application.ports.users import UserStore
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
    ) -> None:
        self._users = users
        self._check_fields = check_fields
        self._deliver = deliver
        self._refusal_guard = refusal_guard

    async def __call__(
        self, openids: list[str], message: Message, delivery_id: str, deadline: float
    ) -> list[Outcome]:
        """Send to each openid once, and return an outcome for each entry of `openids`, in its order.

        The same `delivery_id` again continues where an earlier call died. `deadline` is on time.monotonic().
        Raise InvalidDataError before anything is done. Raise StoreError if the store failed for every user; if
        it failed for some, their outcome is a failure. Any other error is raised when all users are done.
        """
        template = await asyncio.to_thread(self._check_fields, message)
        is_long_term = template.is_long_term if template else None
        owner = uuid.uuid4().hex[:8]
        delivery = Delivery(delivery_id, owner, message, deadline, is_long_term=is_long_term)
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

    async def _to_one(self, openid: str, delivery: Delivery) -> Outcome | StoreError:
        try:
            user = await asyncio.to_thread(self._users.read, openid)
            return await self._deliver(user, delivery)
        except (ClaimLostError, DeliveryInDoubtError):
            return Outcome(openid, Status.UNKNOWN)
        except StoreError as error:
            logger.exception("the store failed for one recipient")
            return error


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
