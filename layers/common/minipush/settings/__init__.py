"""A deployment's settings, from the environment that template.yaml gives each function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import urlsplit

from minipush.domain.accounts import Account, AccountKind
from minipush.domain.timestamps import HOUR_MS
from minipush.errors import SettingsError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`account` is the mini-program that the stack serves. `wechat_ca`: a file of certificates, empty for public CAs."""

    users_table: str
    state_table: str
    wechat_secret_arn: str
    access_secret_arn: str
    account: Account
    wechat_api_base: str
    wechat_ca: str
    wechat_token_mode: Literal["stable", "classic"]
    redis_url: str
    redis_secret_arn: str
    permits_per_user: int
    session_seconds: int
    sweep_grace_ms: int
    campaigns_table: str
    campaign_queue_url: str
    reports_bucket: str
    event_bus: str
    campaign_segments: int
    campaign_days: int
    max_sends_per_second: int
    error_percent: int
    subscription_source: Literal["client", "callback"]

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises SettingsError."""
        try:
            return cls(
                users_table=environment["USERS_TABLE"],
                state_table=environment["STATE_TABLE"],
                wechat_secret_arn=environment["WECHAT_SECRET_ARN"],
                access_secret_arn=environment["ACCESS_SECRET_ARN"],
                account=Account(environment["WECHAT_APPID"], AccountKind.MINI_PROGRAM),
                wechat_api_base=check_api_base(environment["WECHAT_API_BASE"]),
                wechat_ca=environment["WECHAT_CA"],
                wechat_token_mode=_token_mode(environment["WECHAT_TOKEN_MODE"]),
                redis_url=environment["REDIS_URL"],
                redis_secret_arn=environment["REDIS_SECRET_ARN"],
                permits_per_user=int(environment["PERMITS_PER_USER"]),
                session_seconds=int(environment["SESSION_SECONDS"]),
                sweep_grace_ms=int(environment["SWEEP_GRACE_HOURS"]) * HOUR_MS,
                campaigns_table=environment["CAMPAIGNS_TABLE"],
                campaign_queue_url=environment["CAMPAIGN_QUEUE_URL"],
                reports_bucket=environment["REPORTS_BUCKET"],
                event_bus=environment["EVENT_BUS"],
                campaign_segments=int(environment["CAMPAIGN_SEGMENTS"]),
                campaign_days=int(environment["CAMPAIGN_DAYS"]),
                max_sends_per_second=int(environment["MAX_SENDS_PER_SECOND"]),
                error_percent=int(environment["ERROR_PERCENT"]),
                subscription_source=_subscription_source(environment["SUBSCRIPTION_SOURCE"]),
            )
        except KeyError as error:
            raise SettingsError(f"the environment lacks {error.args[0]}") from None
        except ValueError as error:
            raise SettingsError(f"the environment is wrong: {error}") from None


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """Only the function that schedules campaigns has these."""

    group: str
    role_arn: str
    target_arn: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises SettingsError."""
        try:
            return cls(
                environment["SCHEDULE_GROUP"],
                environment["SCHEDULE_ROLE_ARN"],
                environment["SCHEDULE_TARGET_ARN"],
            )
        except KeyError as error:
            raise SettingsError(f"the environment lacks {error.args[0]}") from None


def own_setting(environment: Mapping[str, str], name: str) -> str:
    """A setting that only one function has. Raises SettingsError."""
    if name not in environment:
        raise SettingsError(f"the environment lacks {name}")
    return environment[name]


def dead_letter_urls(environment: Mapping[str, str]) -> dict[str, str]:
    """Of all dead-letter queues of the deployment, by what they hold. Raises SettingsError.

    The environment has their names alone, `segments=…,bark=…`: with URLs, it would be beyond the 4 kB that Lambda allows.
    They are beside the queue of campaigns.
    """
    account, _, _ = own_setting(environment, "CAMPAIGN_QUEUE_URL").rpartition("/")
    pairs = [pair.partition("=") for pair in own_setting(environment, "DEAD_LETTERS").split(",")]
    return {held: f"{account}/{name}" for held, _, name in pairs}


def check_api_base(url: str) -> str:
    """The address of WeChat's API, which gets the AppSecret. Raises ValueError for http, but on this machine."""
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not is_safe:
        raise ValueError("the address of WeChat's API must begin with https://, unless it is on this machine")
    return url


def _token_mode(text: str) -> Literal["stable", "classic"]:
    if text == "stable":
        return "stable"
    if text == "classic":
        return "classic"
    raise ValueError(f"{text} is neither stable nor classic")


def _subscription_source(text: str) -> Literal["client", "callback"]:
    if text == "client":
        return "client"
    if text == "callback":
        return "callback"
    raise ValueError(f"{text} is neither client nor callback")
