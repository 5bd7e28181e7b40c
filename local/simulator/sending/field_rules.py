"""The rules for the fields of a subscription message, by the prefix of their key.

Source: 参数值内容限制 on the subscribeMessage.send page. WeChat does not document how it counts a character. The
rules count UTF-16 units, the strictest reading.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.simulator.answers import ErrcodeError

HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
SYMBOL = rf"[^{HAN}A-Za-z0-9\s\x00-\x1f\x7f]"
CLOCK = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
NUMERIC_DAY = r"(\d{4}[-/.])?\d{1,2}[-/.]\d{1,2}|\d{4}[-/.]\d{1,2}"
DAY = rf"(\d{{4}}年\d{{1,2}}月(\d{{1,2}}日)?|\d{{1,2}}月\d{{1,2}}日|{NUMERIC_DAY})"
TIME = rf"({DAY} ?)?{CLOCK}"
DATE = rf"{DAY}( ?{CLOCK})?"
KEY = re.compile(r"([a-z_]+)(\d+)\Z")


def _utf16_units(value: str) -> int:
    return len(value.encode("utf-16-le", "surrogatepass")) // 2


def _shape(pattern: str, longest: int = 200) -> Callable[[str], bool]:
    compiled = re.compile(rf"(?:{pattern})\Z", re.ASCII)
    return lambda value: _utf16_units(value) <= longest and bool(compiled.match(value))


_PLATE = _shape(rf"[{HAN}A-Za-z0-9][A-Za-z0-9]*[{HAN}A-Za-z0-9]?", 8)


def _name(value: str) -> bool:
    longest = 10 if re.search(f"[{HAN}]", value) else 20
    return _utf16_units(value) <= longest and not re.search(r"[\d\x00-\x1f\x7f]", value)


def _car_number(value: str) -> bool:
    """The dot of a plate is not counted (assumed)."""
    return _PLATE(re.sub(r"(?<=[A-Za-z0-9])[·•‧・](?=[A-Za-z0-9])", "", value, count=1))


RULES: Mapping[str, Callable[[str], bool]] = {
    "thing": _shape(r"[^\x00-\x1f\x7f]+", 20),
    "number": _shape(r"[-+]?\d+(\.\d+)?", 32),
    "letter": _shape(r"[A-Za-z]+", 32),
    "symbol": _shape(rf"{SYMBOL}+", 5),
    "character_string": _shape(rf"[^{HAN}\x00-\x1f\x7f]+", 32),
    "time": _shape(rf"{TIME}( ?~ ?{TIME})?"),
    "date": _shape(rf"{DATE}( ?~ ?{DATE})?"),
    "amount": _shape(rf"-?{SYMBOL}?-?(?=([,.]?\d){{1,10}}元?\Z)(\d+|\d{{1,3}}(,\d{{3}})+)(\.\d+)?元?"),
    "phone_number": _shape(rf"({SYMBOL}|\d)+", 17),
    "car_number": _car_number,
    "name": _name,
    "phrase": _shape(rf"[{HAN}]+", 5),
    "const": _shape(r"[^\x00-\x1f\x7f]+", 20),
}


def check_data(data: object, keys: Iterable[str], enums: Mapping[str, Iterable[str]]) -> None:
    """ErrcodeError 47003: a key of the template is missing or empty, or a value breaks its rule."""
    if not isinstance(data, dict) or not data:
        raise ErrcodeError(47003, "argument invalid! data invalid")
    for key in dict.fromkeys([*keys, *data]):
        value = _value(data.get(key))
        if value in (None, ""):
            raise ErrcodeError(47003, f"argument invalid! data.{key}.value is emtpy")
        if not _allowed(key, value, enums):
            raise ErrcodeError(47003, f"argument invalid! data.{key}.value invalid")


def _value(field: Any) -> Any:
    return field.get("value") if isinstance(field, dict) else None


def _allowed(key: str, value: Any, enums: Mapping[str, Iterable[str]]) -> bool:
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        return False
    if key in enums:
        return text in enums[key]
    named = KEY.match(key)
    rule = RULES.get(named[1]) if named else None
    return rule is None or rule(text)
