"""When refusals (43101) are a sudden mass, and when WeChat is asked again: in campaigns and in direct sends alike."""

from dataclasses import dataclass
from typing import Final

REST_SECONDS: Final = 120
"""What WeChat refused in a burst went through "some minutes later"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalThresholds:
    """`mass` is in messages, `share` in percent.

    A mass is sudden at `share` percent, and at `sudden` times the usual share.
    """

    mass: int = 12
    share: int = 25
    sudden: int = 3

    def is_sudden(self, refused: int, answered: int, usual_percent: float) -> bool:
        share = max(self.share, self.sudden * usual_percent)
        return refused >= self.mass and 100 * refused >= share * answered
