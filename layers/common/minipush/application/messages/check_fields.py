"""Check a message's fields before anything is spent on it."""

from minipush.application.ports.templates import TemplateStore
from minipush.domain.fields import faults_in
from minipush.domain.messages import Message, MessageType
from minipush.errors import InvalidDataError


class CheckFields:
    """A message with a synced template must have all fields of the template.

    For any other template, the names of the keys decide which rules apply.
    """

    def __init__(self, templates: TemplateStore) -> None:
        self._templates = templates

    def __call__(self, message: Message) -> None:
        """Raises InvalidDataError, StoreError. Classic template messages have free text and always pass."""
        if message.type is not MessageType.SUBSCRIBE:
            return
        synced = self._templates.read()
        violations = faults_in(message.data, synced.find(message.template_id) if synced else None)
        if violations:
            raise InvalidDataError(violations)
