"""Users whom a sender may push to."""

from typing import Protocol

from minipush.domain.centre.inbox import Sender
from minipush.domain.centre.pushes import Addressee, PushReason


class Addressees(Protocol):
    """Two reads each. A reason is why a push is not stored."""

    def of_binding(self, sender: Sender, key: str) -> Addressee | PushReason:
        """Who bound the app, the sender, and has this binding key."""
        ...

    def of_openid(self, sender: Sender, openid: str) -> Addressee | PushReason:
        """Who bound the app under the app's own openid. Such a binding counts once it is confirmed."""
        ...

    def of_user(self, sender: Sender, openid: str) -> Addressee | PushReason:
        """Who bound the app, by the openid in this mini-program. One read. The key's ref is CENTRE_REF: apps don't know
        these users by a key.
        """
        ...

    def of_personal_key(self, key: str, now: int) -> Addressee | PushReason | None:
        """Whose personal key it is. None for a key that nobody has, or no longer."""
        ...

    def is_there(self, user: Addressee) -> bool:
        """Whether the user still has the key, or the binding, by which the user was found. One read."""
        ...

    def owner_of(self, ref: str) -> str | None:
        """The openid of who has the binding key or the personal key with this ref."""
        ...
