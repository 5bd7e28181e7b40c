"""Clients of Bark and ServerChan, unchanged, push by a personal key."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from support.push_by_key import PERSONAL_KEY, KeyPushes, key_server

from minipush.domain.centre.inbox import Content

TIMEOUT = 60


@dataclass
class Hub:
    pushes: KeyPushes
    root: str

    @property
    def url(self) -> str:
        return f"{self.root}/p"

    @property
    def host(self) -> str:
        return self.root.removeprefix("http://")


@pytest.fixture
def hub() -> Iterator[Hub]:
    pushes = KeyPushes()
    with key_server(pushes) as root:
        yield Hub(pushes, root)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def python(program: str, *arguments: str) -> str:
    return run(sys.executable, "-c", program, *arguments)


def curl(*arguments: str) -> str:
    return run("curl", "--silent", "--show-error", *arguments)


def test_apprise_pushes_with_all_its_fields(hub: Hub) -> None:
    url = f"bark://{hub.host}/{PERSONAL_KEY}/?level=passive&group=backup&click=https://x.example/1"
    python(
        "import sys, apprise; sent = apprise.Apprise(sys.argv[1]).notify(title='备份', body='done: a/b + c');"
        " sys.exit(0 if sent else 1)",
        url,
    )
    [message] = hub.pushes.stored()
    assert message.content == Content(
        title="备份", body="done: a/b + c", group="backup", url="https://x.example/1"
    )
    assert message.reminder is None


def test_apprise_is_told_of_a_wrong_key(hub: Hub) -> None:
    program = "import sys, apprise; print(bool(apprise.Apprise(sys.argv[1]).notify(body='b')))"
    assert python(program, f"bark://{hub.host}/kWrong/").strip() == "False"
    assert hub.pushes.stored() == []


def test_onepush_pushes(hub: Hub) -> None:
    python(
        "import sys; from onepush import notify;"
        " answer = notify('bark', base_url=sys.argv[1], device_key=sys.argv[2], title='t', body='one');"
        " assert answer.json()['code'] == 200, answer.text",
        hub.url,
        PERSONAL_KEY,
    )
    assert hub.pushes.contents() == [Content(title="t", body="one")]


@pytest.mark.parametrize("client", ["serverchan", "serverchanturbo"])
def test_onepush_pushes_as_to_server_chan(hub: Hub, client: str) -> None:
    """The client has no setting for ServerChan's host: its address is replaced."""
    python(
        "import sys; from onepush import get_notifier; client = get_notifier(sys.argv[3]);"
        " client.base_url = sys.argv[1] + '/{}.send';"
        " name = 'sckey' if sys.argv[3] == 'serverchan' else 'sctkey';"
        " answer = client.notify(**{name: sys.argv[2]}, title='t', content='**one**');"
        " assert answer.json()['data']['error'] == 'SUCCESS', answer.text",
        hub.url,
        PERSONAL_KEY,
        client,
    )
    assert hub.pushes.contents() == [Content(title="t", body="**one**", markdown="**one**")]


@pytest.mark.parametrize("endpoint", ["push", "device", "form", "get"])
def test_baark_pushes_by_each_of_barks_addresses(hub: Hub, endpoint: str) -> None:
    python(
        "import sys; from baark import Baark; bark = Baark(sys.argv[2], server_url=sys.argv[1], endpoint=sys.argv[3]);"
        " bark.ping(); bark.check_device(); bark.send('a/b + c? 📦', title='100%', level='passive')",
        hub.url,
        PERSONAL_KEY,
        endpoint,
    )
    [message] = hub.pushes.stored()
    assert message.content == Content(title="100%", body="a/b + c? 📦")
    assert message.reminder is None


def test_baark_replaces_takes_back_and_pushes_to_several(hub: Hub) -> None:
    python(
        "import sys; from baark import Baark; bark = Baark(sys.argv[2], server_url=sys.argv[1]);"
        " bark.send('one', id='job'); bark.update('job', 'two'); bark.delete('job');"
        " bark.send('three', device_keys=[sys.argv[2]])",
        hub.url,
        PERSONAL_KEY,
    )
    found = {(message.content.body, message.is_deleted) for message in hub.pushes.stored()}
    assert found == {("", True), ("three", False)}


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        (["{url}/{key}/hello"], Content(body="hello")),
        (
            ["{url}/{key}/title/body?group=g&copy=42"],
            Content(title="title", body="body", group="g", copy="42"),
        ),
        (["{url}/{key}/a%2Fb+c%F0%9F%93%A6"], Content(body="a/b c📦")),
        (["--data", "title=t&body=a%2Bb", "{url}/{key}"], Content(title="t", body="a+b")),
        (["--form", "title=t", "--form", "body=form", "{url}/{key}"], Content(title="t", body="form")),
        (
            [
                "--header",
                "Content-Type: application/json; charset=utf-8",
                "--data",
                '{"body": "b", "device_key": "{key}", "title": "bleem", "badge": 1, "group": "g"}',
                "{url}/push",
            ],
            Content(title="bleem", body="b", group="g"),
        ),
        (["--data", "title=t", "--data-urlencode", "desp=**b**", "{url}/{key}.send"], None),
    ],
)
def test_lines_of_curl_push(hub: Hub, arguments: list[str], content: Content | None) -> None:
    filled = [part.replace("{url}", hub.url).replace("{key}", PERSONAL_KEY) for part in arguments]
    answer = json.loads(curl(*filled))
    assert answer["code"] in {0, 200}
    assert hub.pushes.contents() == [content or Content(title="t", body="**b**", markdown="**b**")]


def test_curls_head_pushes_nothing(hub: Hub) -> None:
    assert "200" in curl("--head", f"{hub.url}/{PERSONAL_KEY}/hello")
    assert hub.pushes.stored() == []
