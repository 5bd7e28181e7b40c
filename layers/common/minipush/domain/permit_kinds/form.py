"""formIds: one message within seven days of a submitted form."""

from minipush.domain.permit_rejections import PermitRejectedError, PermitRejection
from minipush.domain.permits import LIFE_MS, Permit, PermitKind, check_id

# A permit that is about to expire helps nobody: no message would be in time. It would only cost a write.
SHORTEST_MS = 60_000

# WeChat takes a formId once and answers 41029 afterwards.
FORM = PermitKind(
    name="form",
    sends=1,
    lifetime_ms=LIFE_MS,
    is_idempotency_key=True,
    used_up_proves_delivery=True,
)


def form_permits(form_id: str, expires_at: int | None, now: int) -> list[Permit]:
    """The permit in a formId, its expiry capped at seven days from now. Raise PermitRejectedError.

    The developer tools give `the formId is a mock one`. A form that could not confirm its id gives
    `requestFormId:fail …`.
    """
    if not form_id or form_id == "the formId is a mock one" or form_id.startswith("requestFormId:fail"):
        raise PermitRejectedError(PermitRejection.MOCK_FORM_ID)
    check_id(form_id)
    expiry = FORM.expiry(now, expires_at)
    if expiry is not None and expiry < now + SHORTEST_MS:
        raise PermitRejectedError(PermitRejection.EXPIRED)
    return [Permit(FORM, form_id, expiry)]
