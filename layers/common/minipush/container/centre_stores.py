"""Builders of the message centre's stores."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipush.adapters.cipher import Cipher
    from minipush.adapters.dynamodb.centre.addressees import DynamoAddressees
    from minipush.adapters.dynamodb.centre.app_use import DynamoAppUse
    from minipush.adapters.dynamodb.centre.apps import DynamoApps
    from minipush.adapters.dynamodb.centre.bindings import DynamoBindings
    from minipush.adapters.dynamodb.centre.erasure import DynamoErasure
    from minipush.adapters.dynamodb.centre.inbox import DynamoInboxStore
    from minipush.adapters.dynamodb.centre.personal_keys import DynamoPersonalKeys
    from minipush.adapters.dynamodb.centre.preferences import DynamoPreferences
    from minipush.adapters.dynamodb.centre.table import CentreTable
    from minipush.container.message_centre import MessageCentre


def cipher(m: "MessageCentre") -> "Cipher":
    from minipush.adapters.cipher import Cipher

    secrets, arn = m.container.secrets, m.settings.secret_arn
    return Cipher(lambda: str(secrets.read(arn)["encryption_key"]))


def table(m: "MessageCentre") -> "CentreTable":
    from minipush.adapters.dynamodb.centre.table import CentreTable

    return CentreTable(m.container.dynamodb, m.settings.table)


def preferences(m: "MessageCentre") -> "DynamoPreferences":
    from minipush.adapters.dynamodb.centre.preferences import DynamoPreferences

    return DynamoPreferences(m.table)


def inbox(m: "MessageCentre") -> "DynamoInboxStore":
    from minipush.adapters.dynamodb.centre.inbox import DynamoInboxStore

    return DynamoInboxStore(m.table)


def app_use(m: "MessageCentre") -> "DynamoAppUse":
    from minipush.adapters.dynamodb.centre.app_use import DynamoAppUse

    return DynamoAppUse(m.table)


def apps(m: "MessageCentre") -> "DynamoApps":
    from minipush.adapters.dynamodb.centre.apps import DynamoApps

    return DynamoApps(m.table, m.cipher)


def bindings(m: "MessageCentre") -> "DynamoBindings":
    from minipush.adapters.dynamodb.centre.bindings import DynamoBindings

    return DynamoBindings(m.table)


def personal_key_store(m: "MessageCentre") -> "DynamoPersonalKeys":
    from minipush.adapters.dynamodb.centre.personal_keys import DynamoPersonalKeys

    return DynamoPersonalKeys(m.table)


def addressees(m: "MessageCentre") -> "DynamoAddressees":
    from minipush.adapters.dynamodb.centre.addressees import DynamoAddressees

    return DynamoAddressees(m.table)


def erasure(m: "MessageCentre") -> "DynamoErasure":
    from minipush.adapters.dynamodb.centre.erasure import DynamoErasure

    return DynamoErasure(m.table)
