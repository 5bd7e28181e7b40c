"""The registered names of message types and kinds of permit, as types of the HTTP contract."""

import enum
from typing import TYPE_CHECKING, Literal

from minipush.channels import BROADCAST, MESSAGE_TYPES
from minipush.domain.permit_kinds import PERMIT_KINDS

if TYPE_CHECKING:
    RequestedMessageType = str
    MessageTypeName = str
    PermitKindName = str
else:
    RequestedMessageType = Literal[tuple(message_type.name for message_type in MESSAGE_TYPES)]
    MessageTypeName = enum.StrEnum(
        "MessageType", {each.name.upper(): each.name for each in (*MESSAGE_TYPES, BROADCAST)}
    )
    PermitKindName = enum.StrEnum("PermitKind", {each.name.upper(): each.name for each in PERMIT_KINDS})
