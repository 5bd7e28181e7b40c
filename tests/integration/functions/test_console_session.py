"""The console's session, from the recorded requests of a browser."""

import time

import pytest
from support.deployment import Deployment, operator

from minipush.adapters.secrets import Secrets
from minipush.container import container

pytestmark = pytest.mark.emulator


def signed_in(deployment: Deployment, key: str) -> dict[str, str]:
    answer = deployment.call("start-console-session", {"key": key})
    assert answer.status == 204, answer.raw
    [line] = answer.raw["cookies"]
    return {"cookie": line.split(";")[0]}


def who(deployment: Deployment, session: dict[str, str]) -> int:
    return deployment.call("read-operator", headers=session, cookies=[]).status


def test_a_browser_signs_in_and_out(deployment: Deployment) -> None:
    session = signed_in(deployment, "mp_read")
    told = deployment.call("read-operator", headers=session, cookies=[]).json
    assert (told["name"], told["scopes"]) == ("read", ["read"])
    assert deployment.call("end-console-session").status == 204


def test_a_revoked_key_ends_its_session_once_the_secret_is_older_than_its_age(deployment: Deployment) -> None:
    container().override(secrets=Secrets(deployment.secrets, max_age=1))
    session = signed_in(deployment, "mp_read")
    deployment.set_operator_keys(operator("send"))
    deadline = time.monotonic() + 10
    while who(deployment, session) == 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert who(deployment, session) == 401
