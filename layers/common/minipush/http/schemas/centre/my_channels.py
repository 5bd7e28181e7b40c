"""A user's own channels."""

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from minipush.domain.centre.channels import ChannelStatus, DeadReason, UserChannel, masked
from minipush.domain.centre.reminders import BarkCipher, ChannelAddress, ChannelKind
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, Instant, RequestModel
from minipush.http.schemas.patterns import Matches

KEY_LENGTHS = (16, 24, 32)


class BarkEncryptionRequest(RequestModel):
    key: Annotated[
        str,
        Field(
            description="As in the Bark app: 16, 24 or 32 letters, digits and signs of ASCII.",
            json_schema_extra={"maxLength": max(KEY_LENGTHS)},
        ),
    ]

    cipher: Annotated[
        Literal["cbc", "gcm", "ecb"], Field(description="The mode of AES that is set in the app.")
    ] = "cbc"

    @field_validator("key")
    @classmethod
    def _is_an_aes_key(cls, key: str) -> str:
        if len(key) not in KEY_LENGTHS or not (key.isascii() and key.isprintable()):
            raise ValueError("not a key of 16, 24 or 32 characters of ASCII")
        return key


class ChannelRequest(RequestModel):
    """`official` and `subscribe` take nothing: the user is found inside WeChat."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"address": "https://api.day.app/F8Q3Wxj5T2kZpR7mNc4vue"},
                {"address": "anna@example.com"},
                {"address": "+8613800138000"},
            ]
        }
    )

    address: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=512,
            description="Bark's key or push URL, a mail address, or a mobile number.",
        ),
    ] = None
    encryption: BarkEncryptionRequest | None = None
    once: Annotated[
        bool, Field(description="Of Bark: no reminder rings twice, and one may be missed instead.")
    ] = False

    def named(self, kind: ChannelKind) -> ChannelAddress:
        address = ChannelAddress(kind, self.address or "", once=self.once)
        if self.encryption is None:
            return address
        cipher = BarkCipher(self.encryption.cipher)
        return replace(address, encryption_key=self.encryption.key, cipher=cipher)


class CodeRequest(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "482913"}]})

    code: Annotated[str, Matches("[0-9]{6}", "a code of six digits")]


class ChannelResponse(BaseModel):
    """`address` is masked. `reason`: why the channel is dead. `once` is left out unless it is true."""

    kind: ChannelKind
    address: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    status: ChannelStatus
    reason: Annotated[DeadReason | None, LEFT_OUT_IF_NONE] = None
    once: Annotated[bool | None, LEFT_OUT_IF_NONE] = None
    verified_at: Instant | None

    @classmethod
    def of(cls, channel: UserChannel) -> Self:
        verified_at = channel.verified_at
        return cls(
            kind=channel.kind,
            address=masked(channel.address),
            status=channel.status,
            reason=channel.reason,
            once=channel.address.once or None,
            verified_at=None if verified_at is None else iso(verified_at),
        )


class ChannelList(BaseModel):
    items: list[ChannelResponse]
    next_cursor: str | None
