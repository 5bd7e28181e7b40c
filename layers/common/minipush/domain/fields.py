"""Rules for the fields of a subscription message. Source: 参数值内容限制 on WeChat's page of subscribeMessage.send.

Assumptions where the page is not explicit:
- A character is a UTF-16 unit. An emoji counts twice, and is not a symbol.
- Symbols are those of ASCII, Chinese typography, currencies and mathematics, and arrows.
- `character_string` and `name` may contain plain spaces. Letters have no accents.
- `number` and `amount` have neither a minus sign nor thousands separators.
- An hour has two digits.
- A value of blanks is empty, and no key may be empty.

No value is shortened to fit.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from minipush.domain.templates import Template

_HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LATIN_SYMBOLS = r"!-/:-@\[-`{-~\xa1-\xa9\xab\xac\xae-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7"
_OTHER_SYMBOLS = r"\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2103\u2116\u2190-\u22ff\u25a0-\u25ff\u2605\u2606"
_WIDE_SYMBOLS = r"\u3001-\u3003\u3008-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffe6"
_SYMBOL = _LATIN_SYMBOLS + _OTHER_SYMBOLS + _WIDE_SYMBOLS
_PRINTED = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]+"

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
_MONTH, _DAY = "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12][0-9]|3[01])"
_WRITTEN_DATE = f"(?:[0-9]{{4}}年{_MONTH}月(?:{_DAY}日)?|{_MONTH}月{_DAY}日)"
_NUMBERED_DATE = "|".join(
    f"[0-9]{{4}}{mark}{_MONTH}(?:{mark}{_DAY})?|{_MONTH}{mark}{_DAY}" for mark in ("-", "/", r"\.")
)
_DATE = f"(?:{_WRITTEN_DATE}|{_NUMBERED_DATE})"
_TIME_OR_DATED = f"(?:{_DATE} )?{_CLOCK}"
_DATE_OR_TIMED = f"{_DATE}(?: {_CLOCK})?"

_KEY = re.compile(r"([a-z_]+)[0-9]+")
_ANY_HAN = re.compile(f"[{_HAN}]")


class _Rule:
    """`longest`: in UTF-16 units."""

    def __init__(self, pattern: str, longest: int, wording: str) -> None:
        self._pattern = re.compile(pattern)
        self._longest = longest
        self.wording = wording

    def allows(self, value: str) -> bool:
        return _units(value) <= self._longest and self._pattern.fullmatch(value) is not None


_LONGEST_RANGE = 100
_NAME = f"[A-Za-z{_HAN}{_SYMBOL} ]+"
_RULES: Mapping[str, _Rule] = {
    "thing": _Rule(_PRINTED, 20, "a thing has 20 characters at most, and no line break"),
    "number": _Rule(r"[0-9]+(?:\.[0-9]+)?", 32, "a number has 32 digits at most, with decimals or without"),
    "letter": _Rule("[A-Za-z]+", 32, "letters are A to Z and a to z, 32 at most"),
    "symbol": _Rule(f"[{_SYMBOL}]+", 5, "symbols are neither letters nor digits, 5 at most"),
    "character_string": _Rule(
        f"[A-Za-z0-9{_SYMBOL} ]+",
        32,
        "a character_string has 32 digits, letters or symbols at most, no Chinese",
    ),
    "time": _Rule(
        f"{_TIME_OR_DATED}(?: ?~ ?{_TIME_OR_DATED})?",
        _LONGEST_RANGE,
        "a time is like 15:01, 15:01:30, 2026年10月1日 15:01, or two of them with ~ between",
    ),
    "date": _Rule(
        f"{_DATE_OR_TIMED}(?: ?~ ?{_DATE_OR_TIMED})?",
        _LONGEST_RANGE,
        "a date is like 2026年10月1日, 2026-10-01, 2026-10-01 15:01, or two of them with ~ between",
    ),
    "amount": _Rule(
        r"[$¢-¥\u20a0-\u20c0\uffe0\uffe1\uffe5]?(?=[0-9.]{1,11}元?$)[0-9]{1,10}(?:\.[0-9]+)?元?",
        13,
        "an amount has a currency sign or none, then 10 digits at most, with decimals or without, then 元 or not",
    ),
    "phone_number": _Rule(f"[0-9{_SYMBOL}]+", 17, "a phone_number has 17 digits or symbols at most"),
    "car_number": _Rule(
        f"[A-Za-z0-9{_HAN}][A-Za-z0-9]*[A-Za-z0-9{_HAN}]?",
        8,
        "a car_number has 8 letters or digits at most; the first and the last may be Chinese",
    ),
    "name": _Rule(
        _NAME, 20, "a name has 20 letters or symbols at most, or 10 where any is Chinese; no digits"
    ),
    "phrase": _Rule(f"[{_HAN}]+", 5, "a phrase has 5 Chinese characters at most, and nothing else"),
    "const": _Rule(_PRINTED, 20, "a const has 20 characters at most, and no line break"),
}
_CHINESE_NAME = _Rule(_NAME, 10, _RULES["name"].wording)


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """`path` within the data: `("thing1", "value")`, `("thing1",)`, or `()` for the data as a whole."""

    path: tuple[str, ...]
    why: str


def fault_in(key: str, value: str) -> str | None:
    """Why WeChat would refuse the value, by the kind in the key. A key of an unknown kind accepts any value."""
    if not value.strip():
        return "is empty"
    named = _KEY.fullmatch(key)
    rule = _RULES.get(named[1]) if named else None
    if named and named[1] == "name" and _ANY_HAN.search(value):
        rule = _CHINESE_NAME
    return None if rule is None or rule.allows(value) else rule.wording


def faults_in(data: Mapping[str, Mapping[str, str]], template: Template | None) -> list[FieldViolation]:
    """Why WeChat would refuse a subscription message. `template`: None if it was not synced."""
    faults = [FieldViolation((key, "value"), why) for key, why in _values_at_fault(data, template)]
    if template and template.keys:
        return faults + _keys_at_fault(data, template.keys)
    return (
        faults
        if data
        else [FieldViolation((), "is empty: a subscription message has every field of its template")]
    )


def _values_at_fault(
    data: Mapping[str, Mapping[str, str]], template: Template | None
) -> Iterator[tuple[str, str]]:
    for key, field in data.items():
        value = field.get("value", "")
        why = fault_in(key, value)
        allowed = template.enums.get(key) if template else None
        if not why and allowed and value not in allowed:
            why = "the template takes only " + ", ".join(allowed)
        if why:
            yield key, why


def _keys_at_fault(data: Mapping[str, Mapping[str, str]], keys: tuple[str, ...]) -> list[FieldViolation]:
    unknown = [FieldViolation((key,), "the template has no such field") for key in data if key not in keys]
    return unknown + [FieldViolation((key,), f"{key} is missing") for key in keys if key not in data]


def _units(value: str) -> int:
    return len(value.encode("utf-16-le", "surrogatepass")) // 2
