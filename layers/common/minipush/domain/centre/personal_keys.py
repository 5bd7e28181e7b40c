"""Personal keys: whoever has one pushes into the inbox of the user who made it."""

from dataclasses import dataclass

from minipush.domain.centre.inbox import Level

# Of one user.
MAX_KEYS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalKey:
    """`ref` stands for the key, which only its user knows. `hash`: of the key. `expires_at`, `made_at` in ms."""

    ref: str
    hash: str
    label: str
    level: Level
    made_at: int
    expires_at: int | None = None
    is_paused: bool = False
