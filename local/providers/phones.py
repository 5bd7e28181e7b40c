"""What users see: notifications, text messages and mails, as they arrive."""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Shown:
    """One thing on a screen. `to`: Bark's key, a mail address or a number. `id`: the sender's, by which Bark replaces it.

    `rings`: how often it has arrived. `is_recalled`: it has disappeared again. `fields`: what only its provider knows.
    """

    provider: str
    to: str
    title: str
    text: str
    at: float
    id: str = ""
    rings: int = 1
    is_recalled: bool = False
    fields: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        mark = {1: ""}.get(self.rings, f" (again, {self.rings})") if not self.is_recalled else " (recalled)"
        return f"{self.provider} {self.to}{mark}: " + " | ".join(
            filter(None, (self.title, self.text.strip()))
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def say(line: str) -> None:
    print(line.replace("\n", " ⏎ "), file=sys.stderr, flush=True)


class Phones:
    """`say` is called with a line for each thing that arrives."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.shown: list[Shown] = []

    def show(self, new: Shown) -> None:
        """A notification with the id of an earlier one takes its place."""
        old = self._find(new) if new.id and new.provider == "bark" else None
        if old:
            new.rings = old.rings + 1
            self.shown[self.shown.index(old)] = new
        else:
            self.shown.append(new)
        self._say(new.line())

    def recall(self, provider: str, to: str, id_: str) -> None:
        for each in self.shown:
            if (each.provider, each.to, each.id) == (provider, to, id_):
                each.is_recalled = True
                self._say(each.line())

    def _find(self, new: Shown) -> Shown | None:
        for each in self.shown:
            if (each.provider, each.to, each.id) == (new.provider, new.to, new.id):
                return each
        return None
