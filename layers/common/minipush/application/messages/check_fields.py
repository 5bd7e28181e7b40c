"""Check a message's fields before anything is spent on it."""

from minipush.application.ports.templates import TemplateStore
from minipush.domain.accounts import AccountKind
from minipush.domain.fields import faults_in
from minipush.domain.message_errors import InvalidDataError
from minipush.domain.messages import Message
from minipush.domain.templates import Template
from minipush.errors import OfficialAccountOffError


class CheckFields:
    """A message with a synced template must have all fields of the template.

    For any other template, the names of the keys decide which rules apply. A message can switch the rules for
    values off: they are stricter than WeChat where its page leaves a value open.

    `official_templates`: those of the official account; None if the deployment has none.
    """

    def __init__(self, templates: TemplateStore, official_templates: TemplateStore | None = None) -> None:
        self._templates = templates
        self._official_templates = official_templates

    def __call__(self, message: Message) -> Template | None:
        """The message's template, if it is synced.

        Raises InvalidDataError, OfficialAccountOffError, StoreError. Classic template messages have free text and
        always pass.
        """
        if not message.type.has_field_rules:
            return None
        synced = self._store_of(message).read()
        template = synced.find(message.template_id) if synced else None
        violations = faults_in(
            message.data,
            template,
            checks_values=message.checks_values,
            shows_emoji=message.type.shows_emoji,
        )
        if violations:
            raise InvalidDataError(violations)
        return template

    def _store_of(self, message: Message) -> TemplateStore:
        if message.type.account is AccountKind.MINI_PROGRAM:
            return self._templates
        if self._official_templates is None:
            raise OfficialAccountOffError
        return self._official_templates
