"""Rules for the fields of a subscription message. Source: 参数值内容限制 on WeChat's page of subscribeMessage.send.

Assumptions where the page is not explicit:
- A character is a UTF-16 unit. An emoji counts twice, and is not a symbol.
- Symbols are those of ASCII, Chinese typography, currencies and mathematics, and arrows.
- `character_string` and `name` may contain plain spaces. Only the letters of a `name` may have accents.
- `number` and `amount` may be negative. An `amount` may have thousands separators, which are no digits.
- An hour has one digit or two.
- The `·` of a plate is allowed, and counts for nothing.
- A day exists in the calendar; without a year, 29 February does.
- A value without anything to see is empty, and no value may be.
- A key is a kind and a number. `keyword1` is one of template messages only.
- The official account shows no emoji: WeChat announced that in 2023, and its page is silent. Whether it refuses them
  or leaves them out is not known.

No value is shortened to fit. A message can switch the rules for values off: see `faults_in`.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from minipush.domain.emoji import has_emoji
from minipush.domain.templates import Template

_HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LATIN_SYMBOLS = r"!-/:-@\[-`{-~\xa1-\xa9\xab\xac\xae-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7"
_OTHER_SYMBOLS = r"\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2103\u2116\u2190-\u22ff\u25a0-\u25ff\u2605\u2606"
_WIDE_SYMBOLS = r"\u3001-\u3003\u3008-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffe6"
_SYMBOL = _LATIN_SYMBOLS + _OTHER_SYMBOLS + _WIDE_SYMBOLS
_PRINTED = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]+"

_CLOCK = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
_MONTH, _DAY = "(?:1[0-2]|0?[1-9])", "(?:3[01]|[12][0-9]|0?[1-9])"
_WRITTEN_DATE = f"(?:[0-9]{{4}}年{_MONTH}月(?:{_DAY}日)?|{_MONTH}月{_DAY}日)"
_NUMBERED_DATE = "|".join(
    f"[0-9]{{4}}{mark}{_MONTH}(?:{mark}{_DAY})?|{_MONTH}{mark}{_DAY}" for mark in ("-", "/", r"\.")
)
_DATE = f"(?:{_WRITTEN_DATE}|{_NUMBERED_DATE})"
_TIME_OR_DATED = f"(?:{_DATE} )?{_CLOCK}"
_DATE_OR_TIMED = f"{_DATE}(?: {_CLOCK})?"

_CURRENCY = r"[$¢-¥\u20a0-\u20c0\uffe0\uffe1\uffe5]"
# At most ten digits, whatever stands between them.
_TEN_DIGITS = r"(?=(?:[,.]?[0-9]){1,10}元?$)"
_GROUPED = "[0-9]{1,3}(?:,[0-9]{3})+"
# Latin letters with accents, as one character or as a letter and its marks.
_ACCENTED = r"\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0300-\u036f\u1e00-\u1eff"
_PLATE_DOTS = "·•‧・"

_KEY = re.compile(r"([a-z][a-z_]*)[0-9]+")
_AROUND_KEY = re.compile(r"[{}\s]")
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
# Letters and symbols that have no shape: fillers of Hangul, and an empty pattern of Braille.
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_ANY_HAN = re.compile(f"[{_HAN}]")
_ANY_DATE = re.compile(_DATE)
_LEAP_YEAR = 2000


class _Rule:
    """`longest`: in UTF-16 units, without the characters of `uncounted`.

    A message has few of the kinds, so each pattern is compiled when its kind is first met.
    """

    def __init__(self, pattern: str, longest: int, wording: str, uncounted: str = "") -> None:
        self._pattern = pattern
        self._longest = longest
        self._uncounted = uncounted
        self.wording = wording

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._pattern)

    def fault_in(self, value: str) -> str | None:
        units = utf16_length(value) - sum(value.count(mark) for mark in self._uncounted)
        return None if units <= self._longest and self._compiled.fullmatch(value) else self.wording


class _DatedRule(_Rule):
    """A rule for values that contain days."""

    def fault_in(self, value: str) -> str | None:
        return super().fault_in(value) or next(
            (f"{day[0]} does not exist" for day in _ANY_DATE.finditer(value) if not _exists(day[0])), None
        )


def _exists(day: str) -> bool:
    numbers = [int(number) for number in re.findall("[0-9]+", day)]
    year, month, number = [*(numbers if re.match("[0-9]{4}", day) else [_LEAP_YEAR, *numbers]), 1][:3]
    try:
        date(year, month, number)
    except ValueError:
        return False
    return True


_LONGEST_RANGE = 100
_NAME = f"[A-Za-z{_ACCENTED}{_HAN}{_SYMBOL} ]+"
_RULES: Mapping[str, _Rule] = {
    "thing": _Rule(_PRINTED, 20, "a thing has 20 characters at most, and no line break"),
    "number": _Rule(r"-?[0-9]+(?:\.[0-9]+)?", 32, "a number has 32 digits at most, with decimals or without"),
    "letter": _Rule("[A-Za-z]+", 32, "letters are A to Z and a to z, 32 at most"),
    "symbol": _Rule(f"[{_SYMBOL}]+", 5, "symbols are neither letters nor digits, 5 at most"),
    "character_string": _Rule(
        f"[A-Za-z0-9{_SYMBOL} ]+",
        32,
        "a character_string has 32 digits, letters or symbols at most, no Chinese",
    ),
    "time": _DatedRule(
        f"{_TIME_OR_DATED}(?: ?~ ?{_TIME_OR_DATED})?",
        _LONGEST_RANGE,
        "a time is like 15:01, 15:01:30, 2026年10月1日 15:01, or two of them with ~ between",
    ),
    "date": _DatedRule(
        f"{_DATE_OR_TIMED}(?: ?~ ?{_DATE_OR_TIMED})?",
        _LONGEST_RANGE,
        "a date is like 2026年10月1日, 2026-10-01, 2026-10-01 15:01, or two of them with ~ between",
    ),
    "amount": _Rule(
        f"(?:-?{_CURRENCY}?|{_CURRENCY}-)"
        rf"{_TEN_DIGITS}(?:{_GROUPED}|[0-9]+)(?:\.[0-9]+)?元?",
        17,
        "an amount has a currency sign or none, then 10 digits at most, with decimals or without, then 元 or not",
    ),
    "phone_number": _Rule(f"[0-9{_SYMBOL}]+", 17, "a phone_number has 17 digits or symbols at most"),
    "car_number": _Rule(
        f"[A-Za-z0-9{_HAN}][A-Za-z0-9]*(?:[{_PLATE_DOTS}][A-Za-z0-9]+)?[A-Za-z0-9{_HAN}]?",
        8,
        "a car_number has 8 letters or digits at most; the first and the last may be Chinese",
        _PLATE_DOTS,
    ),
    "name": _Rule(
        _NAME, 20, "a name has 20 letters or symbols at most, or 10 where any is Chinese; no digits"
    ),
    "phrase": _Rule(f"[{_HAN}]+", 5, "a phrase has 5 Chinese characters at most, and nothing else"),
    "const": _Rule(_PRINTED, 20, "a const has 20 characters at most, and no line break"),
}
_CHINESE_NAME = _Rule(_NAME, 10, _RULES["name"].wording)


EMPTY = "is empty"
_NO_EMOJI = "the official account shows no emoji"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """`path` within the data: `("thing1", "value")`, `("thing1",)`, or `()` for the data as a whole."""

    path: tuple[str, ...]
    why: str


def fault_in(key: str, value: str) -> str | None:
    """Why WeChat would refuse the value, by the kind in the key. A key of an unknown kind accepts any value."""
    if _is_empty(value):
        return EMPTY
    kind = _kind(key)
    rule = _RULES.get(kind)
    if kind == "name" and _ANY_HAN.search(value):
        rule = _CHINESE_NAME
    return rule.fault_in(value) if rule else None


def _kind(key: str) -> str:
    """Empty: the key has none."""
    named = _KEY.fullmatch(key)
    return named[1] if named else ""


def faults_in(
    data: Mapping[str, Mapping[str, str]],
    template: Template | None,
    *,
    checks_values: bool = True,
    shows_emoji: bool = True,
) -> list[FieldViolation]:
    """Why WeChat would refuse a subscription message. `template`: None if it was not synced.

    Without `checks_values`, a value may be any that is not empty. Without `shows_emoji`, a thing has none.
    """
    find = _values_at_fault(data, template, shows_emoji=shows_emoji) if checks_values else _empty_values(data)
    faults = [FieldViolation((key, "value"), why) for key, why in find]
    keys = template.keys if template else ()
    faults += [
        FieldViolation((key,), why) for key in data if key not in keys if (why := _fault_in_key(key, keys))
    ]
    faults += [FieldViolation((key,), f"{key} is missing") for key in keys if key not in data]
    if not data and not keys:
        return [FieldViolation((), "is empty: a subscription message has every field of its template")]
    return faults


def _empty_values(data: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    return ((key, EMPTY) for key, field in data.items() if _is_empty(field.get("value", "")))


def _is_empty(value: str) -> bool:
    """Whether nothing in the value can be seen."""
    return all(unicodedata.category(each) in _INVISIBLE or each in _FILLERS for each in value)


def _fault_in_key(key: str, keys: tuple[str, ...]) -> str | None:
    """Why `key` is wrong in a message whose template has `keys`, which are empty where they are not known."""
    bare = _AROUND_KEY.sub("", key).lower()
    meant = bare.removesuffix(".data")
    if meant != key and _KEY.fullmatch(meant):
        copied = ": the .DATA belongs to the template's text, not to the key" if meant != bare else ""
        return f"write {meant}{copied}"
    if keys:
        return "the template has no such field"
    if key.startswith("keyword"):
        return "a subscription message has the keys of its template, such as thing1"
    return None if _KEY.fullmatch(key) else "a key is a kind and a number, such as thing1"


def _values_at_fault(
    data: Mapping[str, Mapping[str, str]], template: Template | None, *, shows_emoji: bool
) -> Iterator[tuple[str, str]]:
    for key, field in data.items():
        value = field.get("value", "")
        why = fault_in(key, value)
        if not (why or shows_emoji) and _kind(key) == "thing" and has_emoji(value):
            why = _NO_EMOJI
        allowed = template.enums.get(key) if template else None
        if not why and allowed and value not in allowed:
            why = "the template takes only " + ", ".join(allowed)
        if why:
            yield key, why


def utf16_length(value: str) -> int:
    return len(value.encode("utf-16-le", "surrogatepass")) // 2
