"""minipush's API, as the demo's users, apps and operators call it."""

from typing import Any

import requests

TIMEOUT = 60


class Api:
    """Raises requests.HTTPError for a refusal, but in `status`."""

    def __init__(self, url: str, operator_key: str) -> None:
        self._url = url
        self._operator_key = operator_key

    def operator(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        return self.call(method, path, body, self._operator_key, key)

    def call(self, method: str, path: str, body: Any, credential: str, key: str | None = None) -> Any:
        """`key`: the Idempotency-Key."""
        answer = self._request(method, path, body, credential, key)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def status(self, method: str, path: str, body: Any, credential: str) -> int:
        return self._request(method, path, body, credential, None).status_code

    def _request(
        self, method: str, path: str, body: Any, credential: str, key: str | None
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {credential}"} | ({"Idempotency-Key": key} if key else {})
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self._url + path, json=body, headers=headers, timeout=TIMEOUT)
