"""What a check of a message's text found."""

import enum
from dataclasses import dataclass


class TextRating(enum.StrEnum):
    PASS = "pass"  # noqa: S105  # a rating, not a password
    REVIEW = "review"
    """A human should look at the text."""
    RISKY = "risky"


@dataclass(frozen=True, slots=True)
class TextCheckResult:
    """`topic` names what the text is about (`advertising`); `keywords` are the words that were found."""

    rating: TextRating
    topic: str = "no label"
    keywords: tuple[str, ...] = ()
