"""Register an app, and give it secrets."""

import secrets
import string

from minipush.application.ports.centre.apps import AppStore
from minipush.domain.centre.apps import App
from minipush.domain.centre.errors import AppExistsError, UnknownAppError

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 40
_PREFIX = "mpa_"


class RegisterApp:
    def __init__(self, store: AppStore) -> None:
        self._store = store

    def __call__(self, app: App) -> str:
        """The app's secret. Raises AppExistsError, StoreError."""
        secret = new_secret()
        if not self._store.add(app, secret):
            raise AppExistsError
        return secret

    def add_secret(self, appid: str) -> str:
        """A further secret; of two, the older one ends. Raises UnknownAppError, StoreError."""
        secret = new_secret()
        if not self._store.add_secret(appid, secret):
            raise UnknownAppError
        return secret


def new_secret() -> str:
    return _PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
