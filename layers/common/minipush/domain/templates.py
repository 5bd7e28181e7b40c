"""Subscription templates, as WeChat lists them for an account."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """`content` has lines such as `Class:{{thing1.DATA}}`; `keys` are the keys in it.

    `enums`: for some keys, all values that WeChat accepts.
    """

    id: str
    title: str
    content: str
    example: str
    is_long_term: bool
    keys: tuple[str, ...]
    enums: Mapping[str, tuple[str, ...]]
