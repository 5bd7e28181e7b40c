"""The settings of the official account, which a deployment may have beside its mini-program."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from minipush.domain.accounts import Account, AccountKind
from minipush.errors import SettingsError
from minipush.settings import check_api_base, own_setting


@dataclass(frozen=True, slots=True)
class OfficialSettings:
    """`secret_arn`: the secret with the `app_secret`, and the token and the key of the callback."""

    account: Account
    api_base: str
    secret_arn: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises SettingsError."""
        try:
            return cls(
                official_account(environment),
                check_api_base(environment["OFFICIAL_API_BASE"]),
                environment["OFFICIAL_SECRET_ARN"],
            )
        except KeyError as error:
            raise SettingsError(f"the environment lacks {error.args[0]}") from None
        except ValueError as error:
            raise SettingsError(f"the environment is wrong: {error}") from None


def official_account(environment: Mapping[str, str]) -> Account:
    """Log-ins need no more than that. Raises SettingsError."""
    return Account(own_setting(environment, "OFFICIAL_APPID"), AccountKind.OFFICIAL_ACCOUNT)
