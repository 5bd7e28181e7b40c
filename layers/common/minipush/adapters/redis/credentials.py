"""The credentials of the Redis, from a secret."""

from collections.abc import Callable, Mapping
from typing import Any

from redis.credentials import CredentialProvider


class SecretCredentials(CredentialProvider):
    """`read` returns `{"username": "…", "password": "…"}`; it is called for each connection, so a rotation needs no restart."""

    def __init__(self, read: Callable[[], Mapping[str, Any]]) -> None:
        self._read = read

    def get_credentials(self) -> tuple[str] | tuple[str, str] | tuple[()]:  # type: ignore[override]
        """Nothing for a Redis without a password; the password alone for the default user."""
        secret = self._read()
        username, password = (str(secret.get(name) or "") for name in ("username", "password"))
        if not password:
            return ()
        return (username, password) if username else (password,)
