"""What callers may do, and what routes require of them."""

import enum
from collections.abc import Mapping


class Scope(enum.StrEnum):
    """What a caller may do. USER is the session of a mini-program's user.

    APP is the secret of an app of the message centre, and OWN_APP stays with it when the app is banned. The others are
    operators' scopes. Every operator key has OPERATOR, whatever its own scopes are.
    """

    USER = "user"
    APP = "app"
    OWN_APP = "own_app"
    OPERATOR = "operator"
    SEND = "send"
    READ = "read"
    ADMIN = "admin"
    MODERATE = "moderate"


OPERATOR_SCOPES = frozenset({Scope.SEND, Scope.READ, Scope.ADMIN, Scope.MODERATE})

type Scopes = Scope | tuple[Scope, ...]
"""What a route requires: this scope, or one of these."""
type Routes = Mapping[str, Scopes | None]
"""API Gateway's route keys (`POST /collect`), each with the scope it requires; None: no credential."""
