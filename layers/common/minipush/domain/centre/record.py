"""An app's record: what was decided about it, line by line. Lines are added and never changed."""

import enum
from dataclasses import dataclass

from minipush.domain.centre.sanctions import SanctionKind

AUTOMATIC = "automatic"
"""Who did what no operator did."""
THE_APP = "app"


class RecordedAct(enum.StrEnum):
    """The values are part of the HTTP contract."""

    COMPLAINT_UPHELD = "complaint_upheld"
    COMPLAINT_REJECTED = "complaint_rejected"
    SANCTION_IMPOSED = "sanction_imposed"
    SANCTION_EASED = "sanction_eased"  # as the ladder says without the points that an appeal took back
    SANCTION_LIFTED = "sanction_lifted"
    APPEAL_MADE = "appeal_made"
    APPEAL_UPHELD = "appeal_upheld"
    APPEAL_REJECTED = "appeal_rejected"
    HOLD_SET = "hold_set"
    HOLD_ENDED = "hold_ended"
    TEXT_BLOCKED = "text_blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """`at` in ms. `by`: the name of an operator key, `app` or `automatic`. `rule`: of the ladder, or the operator's.

    `points`: added by an upheld complaint, or taken back by an upheld appeal. `until` in ms.
    """

    at: int
    by: str
    act: RecordedAct
    rule: str | None = None
    note: str | None = None
    points: int | None = None
    complaint_id: str | None = None
    sanction_id: str | None = None
    kind: SanctionKind | None = None
    until: int | None = None
