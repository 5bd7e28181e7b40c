"""A user who has followed the official account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Follower:
    """A user in the official account. `openid`: the one there, which differs from the mini-program's."""

    openid: str
    follows: bool
