"""The settings that only the functions of the message centre have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from minipush.domain.centre.reminders import ReminderQueueName
from minipush.errors import SettingsError
from minipush.settings import own_setting


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreSettings:
    """`secret_arn`: the secret with the `encryption_key`. `queue_urls`: of the reminders' queues.

    `text_check_under`: owner or reader, see TextCheckUnder; only the functions that take pushes of apps need it.
    `public_url`: of the API; empty where it is the one that a request came to.
    """

    table: str
    secret_arn: str
    queue_urls: Mapping[ReminderQueueName, str]
    text_check_under: str = "owner"
    public_url: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises SettingsError."""
        try:
            return cls(
                table=environment["CENTRE_TABLE"],
                secret_arn=environment["CENTRE_SECRET_ARN"],
                queue_urls={name: environment[f"{name.upper()}_REMINDERS_URL"] for name in ReminderQueueName},
                text_check_under=environment.get("TEXT_CHECK_UNDER", "owner"),
                public_url=environment.get("PUBLIC_URL", ""),
            )
        except KeyError as error:
            raise SettingsError(f"the environment lacks {error.args[0]}") from None


def dead_letter_urls(environment: Mapping[str, str]) -> dict[ReminderQueueName, str]:
    """Of the function that operators call, whose environment has their names alone: with URLs, it comes near the 4 kB that
    Lambda allows. They are beside the queue of campaigns. Raises SettingsError.
    """
    account, _, _ = own_setting(environment, "CAMPAIGN_QUEUE_URL").rpartition("/")
    names = {name: f"{name.upper()}_REMINDER_DEAD_LETTERS" for name in ReminderQueueName}
    return {name: f"{account}/{own_setting(environment, variable)}" for name, variable in names.items()}


def reminder_queue_name(environment: Mapping[str, str]) -> ReminderQueueName:
    """The queue whose jobs a function runs. Raises SettingsError."""
    return ReminderQueueName(own_setting(environment, "REMINDER_QUEUE"))
