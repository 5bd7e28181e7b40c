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


@dataclass(frozen=True, slots=True)
class SyncedTemplates:
    """All templates that WeChat listed at `synced_at` (ms)."""

    synced_at: int
    templates: tuple[Template, ...]

    def find(self, template_id: str) -> Template | None:
        return next((template for template in self.templates if template.id == template_id), None)

    def is_long_term(self, template_id: str) -> bool | None:
        """None for a template that was not synced."""
        template = self.find(template_id)
        return template.is_long_term if template else None

    def by_id(self) -> dict[str, Template]:
        return {template.id: template for template in self.templates}
