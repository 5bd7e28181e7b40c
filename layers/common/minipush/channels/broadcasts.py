"""The type of an app's broadcast. No channel sends it: the campaign's worker puts it into the inboxes of who has bound the app.

The campaign keeps none of its text, which lies in the Centre table.
"""

from minipush.domain.messages import MessageType

BROADCAST = MessageType(name="broadcast", permit_kinds=frozenset(), has_field_rules=False)
