"""The account's templates. Source: getMessageTemplateList on developers.weixin.qq.com."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from local.simulator.answers import ErrcodeError

MessageKind = Literal["template", "subscribe", "official"]
LONG_TERM = 3
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
PLACEHOLDER = re.compile(r"\{\{(\w+)\.DATA\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """`content` has the form of gettemplate: lines such as `名称:{{thing1.DATA}}`. `type`: 2 one-time, 3 long-term."""

    template_id: str
    kind: MessageKind = "subscribe"
    title: str = ""
    content: str = ""
    example: str = ""
    type: Literal[2, 3] = 2
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(PLACEHOLDER.findall(self.content))


class Templates:
    """Until a template of a kind is registered, every well-formed id is known for that kind."""

    def __init__(self) -> None:
        self._templates: dict[MessageKind, dict[str, tuple[Template, tuple[str, ...]]]] = {
            "template": {},
            "subscribe": {},
            "official": {},
        }
        self._deleted: set[str] = set()

    def register(self, template: Template) -> None:
        self._deleted.discard(template.template_id)
        self._templates[template.kind][template.template_id] = (template, template.keys)

    def delete(self, template_id: object) -> bool:
        """Whether the account had such a subscription template."""
        if not isinstance(template_id, str) or self._templates["subscribe"].pop(template_id, None) is None:
            return False
        self._deleted.add(template_id)
        return True

    def find(self, template_id: object, kind: MessageKind) -> tuple[Template, tuple[str, ...]]:
        """The template and its keys. ErrcodeError 40037: the account has no such template of that kind."""
        registered = self._templates[kind]
        if not isinstance(template_id, str) or not WELL_FORMED.match(template_id):
            raise ErrcodeError(40037)
        if template_id in self._deleted:
            raise ErrcodeError(40037)
        if not registered:
            return Template(template_id, kind), ()
        if template_id not in registered:
            raise ErrcodeError(40037)
        return registered[template_id]

    def listed(self) -> list[dict[str, Any]]:
        """The answer of gettemplate: the subscription templates."""
        return [_listed(template) for template, _ in self._templates["subscribe"].values()]

    def listed_private(self) -> list[dict[str, Any]]:
        """The answer of get_all_private_template: the templates of the official account."""
        return [_listed_private(template) for template, _ in self._templates["official"].values()]


def _listed_private(template: Template) -> dict[str, Any]:
    return {
        "template_id": template.template_id,
        "title": template.title,
        "primary_industry": "",
        "deputy_industry": "",
        "content": template.content,
        "example": template.example,
    }


def _listed(template: Template) -> dict[str, Any]:
    return {
        "priTmplId": template.template_id,
        "title": template.title,
        "content": template.content,
        "example": template.example,
        "type": template.type,
        "keywordEnumValueList": [
            {"keywordCode": f"{key}.DATA", "enumValueList": list(values)}
            for key, values in template.enums.items()
        ],
    }
