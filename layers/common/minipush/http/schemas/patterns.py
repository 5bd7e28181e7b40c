"""Texts of a certain form. A text of another form is refused in words, without the pattern."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from minipush.domain.ids import PLAIN_ID, is_placeholder


@dataclass(frozen=True, slots=True)
class Matches:
    """The whole text matches `pattern`. `expected` says in words what that is."""

    pattern: str
    expected: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"pattern": f"^{self.pattern}$"}

    def _check(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            raise ValueError(f"expected {self.expected}")
        return text


def _no_placeholder(text: str) -> str:
    if is_placeholder(text):
        raise ValueError(f"{text} is what a program makes of a missing value, and no id")
    return text


NO_PLACEHOLDER = AfterValidator(_no_placeholder)
PlainId = Annotated[str, Matches(PLAIN_ID, "1 to 64 letters, digits, _ and -"), NO_PLACEHOLDER]
"""An openid or a template id."""
