"""The port of the audit. Every method may raise StoreError."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from minipush.domain.audit import Act


class AuditStore(Protocol):
    def add(self, act: Act) -> None:
        """Store the act for AUDIT_KEPT_MS."""
        ...

    def note_use(self, operator: str, at: int, unless_after: int) -> None:
        """Store `at` (ms) as the operator's last use, unless one after `unless_after` is stored."""
        ...
