"""Look at a message's fields before anything is spent on it."""

from minipush.application.messages.sync_templates import TemplateStore
from minipush.domain.fields import faults_in
from minipush.domain.messages import Message
from minipush.errors import InvalidDataError


class CheckFields:
    """A template that was synced has to have all its fields; one that wasn't is checked by what its keys say."""

    def __init__(self, templates: TemplateStore) -> None:
        self._templates = templates

    def __call__(self, message: Message) -> None:
        """Raises InvalidDataError, StoreError. Template messages, which have free text, always pass."""
        if not message.type.has_field_rules:
            return
        known = self._templates.read()
        faults = faults_in(message.data, known.find(message.template_id) if known else None)
        if faults:
            raise InvalidDataError(faults)
