"""The official account of a local stack: what `make run` takes from the environment, and where it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

PARAMETERS = {
    "OFFICIAL_APPID": "OfficialAppId", "OFFICIAL_API_BASE": "OfficialApiBase",
    "OFFICIAL_REMINDER_TEMPLATE": "OfficialReminderTemplate",
}  # fmt: skip
SECRETS = {
    "OFFICIAL_SECRET": "app_secret",
    "OFFICIAL_CALLBACK_TOKEN": "callback_token",
    "OFFICIAL_ENCODING_AES_KEY": "encoding_aes_key",
}
CALLBACK = "/wechat/official/callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialStack:
    """`parameters` of the template, and the values of the OfficialSecret, as far as they are given."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises ValueError for an account without its secret."""
        if not environment.get("OFFICIAL_APPID"):
            return cls()
        if not environment.get("OFFICIAL_SECRET"):
            raise ValueError("OFFICIAL_APPID is set, and OFFICIAL_SECRET is not")
        parameters, secret = (
            {name: environment[variable] for variable, name in names.items() if environment.get(variable)}
            for names in (PARAMETERS, SECRETS)
        )
        return cls(parameters=parameters, secret=secret)

    @property
    def is_on(self) -> bool:
        return bool(self.parameters)

    @property
    def api_base(self) -> str:
        """Empty: as the mini-program's."""
        return self.parameters.get("OfficialApiBase", "")

    def simulator_arguments(self, api_url: str) -> list[str]:
        """Of the simulator that the stack starts: the same account, which pushes its events to the stack."""
        if not self.is_on:
            return []
        given = {
            "official-appid": self.parameters["OfficialAppId"],
            "official-secret": self.secret["app_secret"],
            "official-callback-url": api_url + CALLBACK,
            "official-callback-token": self.secret.get("callback_token", ""),
            "official-encoding-aes-key": self.secret.get("encoding_aes_key", ""),
        }
        return ["--unionid", *(f"--{name}={value}" for name, value in given.items() if value)]
