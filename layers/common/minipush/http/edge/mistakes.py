"""What is wrong with a request, in plain words and in the order of its body."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

type Mistake = Mapping[str, Any]
"""An error as pydantic lists it."""
type Context = Mapping[str, Any]
"""The numbers and texts of a rule that pydantic applied."""

_UNKNOWN_RULE: Final = "the value is not allowed here"


def _length(context: Context, unit: str) -> str:
    """Of a text or a list that is too short or too long."""
    if "min_length" in context:
        return f"expected at least {_count(context['min_length'], unit)}"
    return f"expected at most {_count(context['max_length'], unit)}"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit if number == 1 else _PLURALS[unit]}"


_PLURALS: Final = {"character": "characters", "entry": "entries"}

_TEXTS: Final[Mapping[str, str | Callable[[Context], str]]] = {
    "missing": "this field is required",
    "extra_forbidden": "there is no such field",
    "string_type": "expected a text",
    "string_too_short": lambda context: _length(context, "character"),
    "string_too_long": lambda context: _length(context, "character"),
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "the number is too large",
    "int_from_float": "expected a whole number",
    "greater_than_equal": lambda context: f"expected {context['ge']} or more",
    "less_than_equal": lambda context: f"expected {context['le']} or less",
    "list_type": "expected a list",
    "too_short": lambda context: _length(context, "entry"),
    "too_long": lambda context: _length(context, "entry"),
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
    "literal_error": lambda context: f"expected {context['expected']}",
    "union_tag_invalid": lambda context: f"the field type must be one of {context['expected_tags']}",
    "union_tag_not_found": "expected an object with the field type",
    "none_required": "this field must be left out",
    "value_error": lambda context: str(context["error"]),
}


def text_of(mistake: Mistake) -> str:
    """Says what is expected. Nothing of it names Python's types or shows a pattern."""
    if tuple(mistake["loc"]) == ("body",) and mistake["type"] == "missing":
        return "the body is empty: a JSON object is expected"
    text = _TEXTS.get(mistake["type"], _UNKNOWN_RULE)
    return text if isinstance(text, str) else text(mistake.get("ctx") or {})


def in_order(faults: Iterable[tuple[str, str]], body: Any) -> list[tuple[str, str]]:
    """The faults, each with its JSON pointer, in the order of the body. What the body lacks comes last in its place."""
    positions = _Positions()
    return sorted(faults, key=lambda fault: positions.of(body, fault[0]))


class _Positions:
    """Reads each object once: a body may have thousands of fields, and each of them may be wrong."""

    def __init__(self) -> None:
        self._fields: dict[int, dict[str, int]] = {}

    def of(self, body: Any, pointer: str) -> list[int]:
        place, position = body, list[int]()
        for escaped in pointer.split("/")[1:]:
            step = escaped.replace("~1", "/").replace("~0", "~")
            index = self._index(place, step)
            position.append(index)
            place = _inside(place, step, index)
        return position

    def _index(self, place: Any, step: str) -> int:
        if isinstance(place, dict):
            fields = self._fields.setdefault(id(place), {})
            if not fields:
                fields.update({name: number for number, name in enumerate(place)})
            return fields.get(step, len(fields))
        return int(step) if isinstance(place, list) and step.isdecimal() else 0


def _inside(place: Any, step: str, index: int) -> Any:
    if isinstance(place, dict):
        return place.get(step)
    return place[index] if isinstance(place, list) and index < len(place) else None
