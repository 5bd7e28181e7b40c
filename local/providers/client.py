"""A client of the control API."""

from typing import Any

import requests

from local.providers.control import PREFIX

Json = dict[str, Any]
TIMEOUT = 60


class ProvidersControl:
    """Each method calls one endpoint of docs/providers.md. requests.HTTPError: the server refuses the call."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/") + PREFIX
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def add_device(self, key: str = "", **settings: str) -> str:
        """A phone with Bark. `settings`: `reason`, `encryption_key`, `cipher`. Return its key."""
        return str(self._call("POST", "devices", {"key": key, **settings})["key"])

    def blacklist(self, number: str) -> None:
        """That number takes no text messages (Tencent)."""
        self._call("POST", "blacklist", {"number": number})

    def shown(self, **wanted: str) -> list[Json]:
        """What has arrived, oldest first. `wanted`: `provider`, `to`, `id`."""
        return list(self._call("GET", "shown", query=wanted)["shown"])

    def counts(self) -> Json:
        """How many requests, and connections of mail, each server has seen."""
        return self._call("GET", "counts")

    def fault(self, action: str, **fields: Any) -> int:
        """Arm one fault. Return its id."""
        return int(self._call("POST", "faults", {"action": action, **fields})["ids"][0])

    def faults(self) -> list[Json]:
        return list(self._call("GET", "faults")["faults"])

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def advance(self, seconds: float) -> float:
        """Move the clock forward. Return the new time."""
        return float(self._call("POST", "clock/advance", {"seconds": seconds})["now"])

    def reset(self) -> None:
        self._call("POST", "reset")

    def _call(self, method: str, name: str, body: Json | None = None, query: Json | None = None) -> Json:
        answer = self._session.request(method, self._url + name, json=body, params=query, timeout=TIMEOUT)
        if answer.status_code == requests.codes.bad_request:
            raise requests.HTTPError(answer.text, response=answer)
        answer.raise_for_status()
        answered: Json = answer.json()
        return answered
