"""The account's subscription templates. Source: WeChat's page of getMessageTemplateList."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from minipush.wechat.answers import successful_fields
from minipush.wechat.errors import AnswerError
from minipush.wechat.tokens import Token, TokenSource
from minipush.wechat.transport import Request, Transport

TEMPLATES_PATH: Final = "/wxaapi/newtmpl/gettemplate"
TIMEOUT: Final = 8.0
_LONG_TERM: Final = 3
_PLACEHOLDER: Final = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AccountTemplate:
    """`keys` are the keys in `content` (`Class:{{thing1.DATA}}`); `enums` has the only values of some keys."""

    id: str
    title: str
    content: str
    example: str
    is_long_term: bool
    keys: tuple[str, ...]
    enums: Mapping[str, tuple[str, ...]]


class AccountTemplates:
    def __init__(self, transport: Transport, tokens: TokenSource) -> None:
        self._transport = transport
        self._tokens = tokens

    def read(self) -> list[AccountTemplate]:
        """All templates. WeChat has a daily limit for these calls and does not publish it: keep the result.

        Raises `WeChatError`.
        """
        return templates_in(self._tokens.call_with_token(self._ask), "data", "priTmplId")

    def _ask(self, token: Token) -> dict[str, Any]:
        request = Request("GET", TEMPLATES_PATH, {"access_token": token.value})
        return successful_fields(self._transport(request, TIMEOUT), token.value)


def templates_in(answer: Mapping[str, Any], list_name: str, id_name: str) -> list[AccountTemplate]:
    """Mini-programs and official accounts name the list and the ids differently."""
    listed = answer.get(list_name)
    if not isinstance(listed, list):
        raise AnswerError("the answer has no templates")
    return [_template(entry, id_name) for entry in listed]


def _template(entry: object, id_name: str) -> AccountTemplate:
    if not isinstance(entry, dict) or not _text(entry, id_name):
        raise AnswerError("a template without an id")
    content = _text(entry, "content")
    return AccountTemplate(
        id=_text(entry, id_name),
        title=_text(entry, "title"),
        content=content,
        example=_text(entry, "example"),
        is_long_term=entry.get("type") in (_LONG_TERM, str(_LONG_TERM)),
        keys=_keys_in(content),
        enums=_enums(entry.get("keywordEnumValueList")),
    )


def _keys_in(content: str) -> tuple[str, ...]:
    """The keys of a content such as `Class:{{thing1.DATA}}`, in its order."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(content)))


def _enums(listed: object) -> dict[str, tuple[str, ...]]:
    """In WeChat's sample, a key has the suffix that it has in the content: `enum_string2.DATA`."""
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return {
        _text(entry, "keywordCode").removesuffix(".DATA"): tuple(map(str, entry.get("enumValueList") or ()))
        for entry in entries
    }


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""
