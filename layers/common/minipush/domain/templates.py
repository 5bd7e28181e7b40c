"""Subscription templates, as WeChat has them for the account."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """`content` has lines like `Class:{{thing1.DATA}}`, whose keys are `keys`.

    `enums`: the values that WeChat takes for a key, where it takes no others.
    """

    id: str
    title: str
    content: str
    example: str
    is_long_term: bool
    keys: tuple[str, ...]
    enums: Mapping[str, tuple[str, ...]]
