"""Pages of a mini-program, as a message opens them."""

import re

from minipush.domain.blanks import trimmed

# Line breaks and other control characters, which no page and no query has.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def normalized_page(text: str) -> str:
    """`pages/order?id=7`: trimmed, without slashes that are empty steps. The query stays as it is.

    Raises ValueError for a text that WeChat would refuse for every recipient (41030).
    """
    path, mark, query = trimmed(text).partition("?")
    if "://" in path:
        raise ValueError("a page is a path in the mini-program, such as pages/order?id=7, not a URL")
    if _CONTROL.search(path + query):
        raise ValueError("a page has no line breaks or other control characters")
    if re.search(r"\s", path):
        raise ValueError("a page's path has no blanks")
    return "/".join(step for step in path.split("/") if step) + mark + query
