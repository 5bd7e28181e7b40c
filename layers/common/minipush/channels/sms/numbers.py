"""Numbers of mobile phones in mainland China."""

import re
from typing import Final

PREFIX: Final = "+86"
_MOBILE: Final = r"(?:\+86|0086|86)?(1[3-9]\d{9})"


def read_number(text: str) -> str:
    """The number in E.164. Raises ValueError: the templates of other countries are others."""
    digits = re.sub(r"[\s()-]", "", text)
    found = re.fullmatch(_MOBILE, digits, re.ASCII)
    if not found:
        raise ValueError("this is no number of a mobile phone in mainland China")
    return PREFIX + found[1]
