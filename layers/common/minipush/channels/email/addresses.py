"""Mail addresses."""

import re
from typing import Final

_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN: Final = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LONGEST: Final = 254
_LONGEST_LOCAL: Final = 64


def read_address(text: str) -> str:
    """`name@example.com`: the part before the @ as it stands, the domain in lower case and in ASCII.

    Quoted names, comments and address literals are refused, so that nothing in an address is syntax elsewhere.
    Raises ValueError.
    """
    local, _, domain = text.strip().rpartition("@")
    domain = _to_ascii(domain)
    is_valid = re.fullmatch(_LOCAL, local) and re.fullmatch(_DOMAIN, domain)
    if not is_valid or len(local) > _LONGEST_LOCAL or len(local) + len(domain) >= _LONGEST:
        raise ValueError("this is no mail address")
    return f"{local}@{domain}"


def _to_ascii(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    try:
        return domain.encode("idna").decode().lower()
    except UnicodeError:
        return ""
