"""A DynamoDB client between the code under test and the real one; subclasses inject faults."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Client:
    """Passes every call on; a subclass overrides the calls that misbehave."""

    real: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)
