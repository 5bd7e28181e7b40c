"""The last step of a delivery in doubt: its claim says that it is reported as unknown.

WeChat's event about a message may come before or after that. The claim decides: an event that comes first makes the
outcome `sent`, and one that comes later corrects the report. See ConfirmDelivery.
"""

from minipush.application.ports.ledger import Ledger
from minipush.domain.messages import Outcome, Status
from minipush.domain.permits import Permit
from minipush.errors import DeliveryInDoubtError, StoreError


async def report_unknown(ledger: Ledger, permit: Permit, holder: str, unknown: Outcome) -> Outcome:
    """The outcome to report: `unknown`, or `sent` where WeChat has settled the doubt.

    WeChat has no events about messages that spend formIds and prepay_ids. Their claims say it for whoever looks at the
    user. Raises DeliveryInDoubtError.
    """
    claim = permit.claim
    if claim and claim.is_reported_unknown:
        return unknown
    msgid = claim.known_msgid if claim else None
    try:
        msgid = msgid or await ledger.report_unknown(unknown.openid, permit, holder)
    except StoreError as error:
        raise DeliveryInDoubtError from error
    return _sent(unknown, msgid) if msgid else unknown


def _sent(unknown: Outcome, msgid: str) -> Outcome:
    number = int(msgid) if msgid.isdecimal() else None
    return Outcome(unknown.openid, Status.SENT, permit_kind=unknown.permit_kind, msgid=number, at=unknown.at)
