"""What a worker needs for the broadcast of an app. It is made for the first one: no other campaign needs the message centre."""

from typing import Protocol

from minipush.application.campaigns.worker.batch_sender import DeliverToUser
from minipush.application.ports.campaigns import Recipients
from minipush.domain.campaigns import Campaign


class Broadcasts(Protocol):
    """`recipients`: who has bound the app of a broadcast."""

    @property
    def recipients(self) -> Recipients: ...

    def deliver(self, campaign: Campaign) -> DeliverToUser: ...
