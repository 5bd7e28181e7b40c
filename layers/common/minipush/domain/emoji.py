"""Emoji: what is shown as a picture wherever it stands (Emoji_Presentation in Unicode), and the marks that make pictures.

A sign that is a letter or a symbol without such a mark, such as © or ☀, is none.
"""

import re
from functools import cache
from typing import Final

_MARKS: Final = r"\u20e3\ufe0f"
_OF_THE_FIRST_PLANE: Final = (
    r"\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be"
    r"\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757"
    r"\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55"
)
# Whole blocks, also what Unicode has kept for later ones.
_PICTURES: Final = (
    r"\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a\U0001f1e6-\U0001f1ff\U0001f201-\U0001f265\U0001f300-\U0001f6ff"
    r"\U0001f7e0-\U0001f7f0\U0001f90c-\U0001faff"
)


def has_emoji(text: str) -> bool:
    return _emoji().search(text) is not None


def without_emoji(text: str) -> str:
    return _emoji().sub("", text)


@cache
def _emoji() -> re.Pattern[str]:
    return re.compile(f"[{_MARKS}{_OF_THE_FIRST_PLANE}{_PICTURES}]")
