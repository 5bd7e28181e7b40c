"""The stores of users and permits that one contract suite is run against."""

from dataclasses import dataclass

from minipush.application.ports.ledger import Ledger
from minipush.application.ports.sweeps import SweepStore
from minipush.application.ports.users import UserStore


@dataclass(frozen=True)
class Stores:
    users: UserStore
    ledger: Ledger
    sweeps: SweepStore
