"""The HTTP contract of the running stack, for a mini-program, a back end and a caller without credentials."""

import gzip
import json
import re
import subprocess
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from support.running import MakeRun

from local.processes import ROOT
from local.simulator.client import Control

pytestmark = pytest.mark.e2e

SEND = "/cgi-bin/message/wxopen/template/send"
PROTECTED = [
    ("GET", "/me"), ("PATCH", "/me"), ("POST", "/collect"), ("POST", "/messages"), ("GET", "/users/anna"),
    ("PATCH", "/users/anna"), ("POST", "/users/anna/permits"), ("GET", "/pool"), ("GET", "/me/next-ask"),
    ("GET", "/templates/stock"), ("PUT", "/templates/stock"),
]  # fmt: skip


@dataclass
class Client:
    """Calls the stack with one credential. A body of bytes is sent as it is, anything else as JSON."""

    stack: MakeRun
    token: str | None = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        credential = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = {} if data is None else {"Content-Type": "application/json"}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        prepared = requests.Request(
            method, self.stack.api_url, data=data, headers=credential | kind | given
        ).prepare()
        prepared.url = self.stack.api_url + path  # as it is: requests would normalise it
        with requests.Session() as session:
            return session.send(prepared, timeout=60)


@pytest.fixture
def wechat(stack: MakeRun) -> Iterator[Control]:
    with stack.control() as control:
        yield control
        control.clear_faults()


@pytest.fixture
def stranger(stack: MakeRun) -> Client:
    return Client(stack)


@pytest.fixture
def operator(stack: MakeRun) -> Client:
    return Client(stack, stack.operator_key)


def log_in(stranger: Client, wechat: Control) -> tuple[str, Client]:
    code = wechat.add_user().js_code
    session = stranger.call("POST", "/session", {"code": code}).json()
    return session["openid"], Client(stranger.stack, session["token"])


def is_problem(answer: requests.Response, status: int) -> bool:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"]
    return bool(answer.json()["status"] == status)


def test_a_permit_goes_from_the_tap_to_the_message(
    stranger: Client, operator: Client, wechat: Control
) -> None:
    openid, user = log_in(stranger, wechat)
    [form_id] = wechat.tap(openid)
    collected = user.call("POST", "/collect", {"form_ids": [{"form_id": form_id}]})
    assert collected.json() == {"stored": 1, "rejected": []}
    assert operator.call("GET", f"/users/{openid}").json()["permits"]["form"] == 1
    message = {"type": "template", "template_id": "T1", "keywords": ["貨到了"], "touser": openid}
    sent = operator.call("POST", "/messages", message)
    assert sent.json() == {"results": [{"openid": openid, "status": "sent", "permit_kind": "form"}]}
    [taken] = wechat.messages(openid)
    assert taken["data"] == {"keyword1": {"value": "貨到了"}}
    assert operator.call("GET", f"/users/{openid}").json()["permits"]["form"] == 0


def test_every_answer_has_a_request_id_of_its_own(stranger: Client) -> None:
    ids = [
        stranger.call("GET", path).headers["X-Request-Id"]
        for path in ("/health", "/health", "/me", "/nothing")
    ]
    assert len(set(ids)) == 4


@pytest.mark.parametrize(("method", "path"), PROTECTED)
@pytest.mark.parametrize("token", [None, "wrong", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0."])
def test_without_a_good_credential_nothing_opens(
    stack: MakeRun, method: str, path: str, token: str | None
) -> None:
    assert is_problem(Client(stack, token).call(method, path, {}), 401)


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_each_kind_of_caller_has_its_own_routes(
    stranger: Client, operator: Client, wechat: Control, method: str, path: str
) -> None:
    of_users = path in {"/me", "/me/next-ask", "/collect"}
    caller = operator if of_users else log_in(stranger, wechat)[1]
    assert is_problem(caller.call(method, path, {}), 403)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/users/%00", 422),
        ("GET", "/users/%E4%BA%BA", 422),
        ("GET", "/users/%ff%fe", 422),
        ("GET", "/users/a%20b", 422),
        ("GET", "/users/" + "x" * 65, 422),
        ("GET", "/users/" + "x" * 5000, 422),
        ("GET", "/users/anna/", 404),
        ("DELETE", "/me", 405),
        ("PUT", "/messages", 405),
        ("GET", "/nothing?" + "a=b&" * 1000, 404),
    ],
)
def test_paths_that_lead_nowhere_say_so(operator: Client, method: str, path: str, status: int) -> None:
    assert is_problem(operator.call(method, path), status)


@pytest.mark.parametrize("path", ["/m%65", "/users/a%2Fpermits", "/users/%2E%2E/me", "/users/..%2fme"])
def test_escapes_lead_around_no_check(stranger: Client, path: str) -> None:
    """The gateway decides whether an escaped path matches a route."""
    answer = stranger.call("GET", path)
    assert is_problem(answer, answer.status_code)
    assert answer.status_code in {401, 404, 405}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 422),
        (b"{", {}, 400),
        (b"\xff\xfe{\x00}\x00", {}, 400),
        (b"\xef\xbb\xbf{}", {}, 400),
        (b'{"code": "\xff"}', {}, 400),
        (b'{"code": "\\ud800"}', {}, 400),
        (b'{"code": NaN}', {}, 400),
        (b'{"code": "a", "code": "b"}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"code": ' + b"9" * 5000 + b"}", {}, 422),
        (b"[]", {}, 422),
        (b'{"code": 5}', {}, 422),
        (b'{"code": "a", "openid": "anna"}', {}, 422),
        (b'{"code": "' + b"x" * 2**21 + b'"}', {}, 413),
        (b"{}", {"Content_Type": "text/plain"}, 415),
        (b"code=x", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        (gzip.compress(b"{}", mtime=0), {"Content_Encoding": "gzip"}, 415),
        (b"{}", {"Content_Encoding": "gzip"}, 415),
        (b"not compressed", {"Content_Encoding": "br"}, 415),
    ],
)  # fmt: skip
def test_a_bad_body_gets_a_4xx_that_says_what_is_wrong(
    stranger: Client, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert is_problem(stranger.call("POST", "/session", body, **headers), status)


def test_beyond_what_a_gateway_takes_a_body_is_413_as_well(stranger: Client) -> None:
    assert is_problem(stranger.call("POST", "/session", b" " * (10 * 2**20 + 1)), 413)


@pytest.mark.parametrize("key", ["x" * 256, "\u00e9"])
def test_an_odd_idempotency_key_is_422(operator: Client, key: str) -> None:
    message = {"type": "template", "template_id": "T1", "keywords": ["a"], "touser": "anna"}
    assert is_problem(operator.call("POST", "/messages", message, Idempotency_Key=key), 422)


def test_the_same_idempotency_key_at_the_same_time_sends_once(
    stranger: Client, operator: Client, wechat: Control
) -> None:
    openid, user = log_in(stranger, wechat)
    form_ids = [{"form_id": form_id} for form_id in wechat.tap(openid, 5)]
    user.call("POST", "/collect", {"form_ids": form_ids})
    wechat.fault("latency", ms=2000, path=SEND, openid=openid)
    message = {"type": "template", "template_id": "T1", "keywords": ["a"], "touser": openid}
    key = uuid.uuid4().hex

    def send(_: int) -> requests.Response:
        return operator.call("POST", "/messages", message, Idempotency_Key=key)

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(send, range(5)))
    sent = [answer.json() for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert sent
    assert all(is_problem(answer, 409) and answer.headers["Retry-After"] for answer in refused)
    assert refused
    assert send(0).json() == sent[0]
    assert len(list(wechat.messages(openid))) == 1


def test_parallel_uploads_of_one_user_store_no_more_than_the_cap(
    stranger: Client, operator: Client, wechat: Control
) -> None:
    openid, user = log_in(stranger, wechat)

    def upload(n: int) -> int:
        form_ids = [{"form_id": f"f{n}-{m}"} for m in range(100)]
        return int(user.call("POST", "/collect", {"form_ids": form_ids}).json()["stored"])

    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(upload, range(8)))
    assert sum(stored) == 200
    assert operator.call("GET", f"/users/{openid}").json()["permits"]["form"] == 200
    soon = {"form_id": "soon", "expires_at": round(time.time() * 1000) + 400}
    answer = user.call("POST", "/collect", {"form_ids": [soon]})
    assert answer.json()["rejected"] == [{"pointer": "/form_ids/0", "reason": "expired"}]


def test_the_pool_is_what_the_sweep_measured(operator: Client, wechat: Control) -> None:
    openid = wechat.add_user().openid
    [form_id] = wechat.tap(openid)
    operator.call("POST", f"/users/{openid}/permits", {"form_ids": [{"form_id": form_id}]})
    swept = operator.stack.invoke("FUNCTION=SweepFunction")
    assert swept.returncode == 0, swept.stderr
    pool = operator.call("GET", "/pool").json()
    assert pool["permits"] == json.loads(swept.stdout)["permits"] >= 1
    assert pool["measured_at"].endswith("Z")


def make_operator_key(stack: MakeRun, *arguments: str) -> str:
    command = ["make", "--no-print-directory", "operator-key", f"AWS_PORT={stack.aws_port}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout


def test_make_operator_key_prints_the_key_alone_and_finds_the_deployed_secret(stack: MakeRun) -> None:
    key = make_operator_key(stack, "NAME=made", "SCOPES=read").removesuffix("\n")
    assert re.fullmatch(r"mp_[A-Za-z0-9_-]{43}", key)
    assert "made\tread\n" in make_operator_key(stack, "LIST=1")
    assert make_operator_key(stack, "NAME=made", "REVOKE=1").startswith("made is revoked.")
    assert "made" not in make_operator_key(stack, "LIST=1")
