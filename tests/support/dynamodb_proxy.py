"""A DynamoDB client between the code under test and the real one; subclasses inject faults."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Client:
    """Passes every call on; a subclass overrides the calls that misbehave."""

    real: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class LosesAnswers(Client):
    """Loses the first answer to each write: the SDK sends the write again."""

    def update_item(self, **request: Any) -> Any:
        self.real.update_item(**request)
        return self.real.update_item(**request)

    def put_item(self, **request: Any) -> Any:
        self.real.put_item(**request)
        return self.real.put_item(**request)
