"""The guides, whose commands are run as they are printed: a first message, and the ways from other systems."""

import csv
import gzip
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from support.command_line import CommandLine
from support.command_pages import blocks, documents, play
from support.redis_server import running_redis
from support.running import MakeRun

from local.processes import ROOT
from local.simulator.wechat import SECRET

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("jq") is None, reason="the commands need jq"),
]

GIVEN = re.compile(r"^(API|WECHAT|KEY|REDIS)=(http|na-|redis:).*$", re.MULTILINE)
REDIS_CLI = """#!/bin/sh
shift 2
exec {cli} -s {socket} "$@"
"""
# A new key counts within a minute; the stack has one that counts.
DEPLOYING = """#!/bin/sh
case "$*" in
  deploy) echo deployed ;;
  *NAME=ApiUrl*) echo "$STACK_URL" ;;
  *operator-key*) echo "$STACK_KEY" ;;
  *) exec /usr/bin/make -C {root} "$@" ;;
esac
"""


def script(page: str, heading: str) -> str:
    """The commands of a section. Addresses and keys that are printed there come from the environment."""
    text = (ROOT / page).read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    found = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return GIVEN.sub("", "\n".join(found))


def program(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def where(stack: MakeRun) -> dict[str, str]:
    return {
        "API": stack.api_url,
        "WECHAT": stack.wechat_url,
        "KEY": stack.operator_key,
        "MINIPUSH_URL": stack.api_url,
        "MINIPUSH_KEY": stack.operator_key,
        "AWS_PORT": str(stack.aws_port),
        "CURL_CA_BUNDLE": stack.environment["WECHAT_CA"],
    }


def test_a_first_message_on_one_machine(stack: MakeRun, tmp_path: Path) -> None:
    user = f"quick-{tmp_path.parent.name}"[:60]
    text = script("docs/quickstart.md", "A first message on one machine")
    commands = text.replace("anna", user).replace("first-message", user)
    done = subprocess.run(
        ["bash", "-euo", "pipefail"], input=commands, cwd=tmp_path, capture_output=True, text=True,
        env=where(stack) | {"PATH": "/usr/local/bin:/usr/bin:/bin"}, timeout=60, check=False,
    )  # fmt: skip
    shown = "\n".join(line[2:].replace("anna", user) for line in text.splitlines() if line.startswith("# {"))
    assert documents(done.stdout) == documents(shown), done.stderr


def test_the_commands_after_a_deployment(stack: MakeRun, tmp_path: Path) -> None:
    """On the local stack, which is deployed already."""
    user, minipush = (
        "deployed-anna",
        CommandLine({"MINIPUSH_URL": stack.api_url, "MINIPUSH_KEY": stack.operator_key}),
    )
    with stack.control() as wechat:
        wechat.add_user(user)
        wechat.accept(user, "S1", 1)
        wechat.register_template("S1", "课程:{{thing1.DATA}}\n时间:{{time2.DATA}}")
    accept = f'{{"openid": "{user}", "template_id": "S1", "id": "{user}-1", "result": "accept"}}\n'
    assert minipush("import", "-", stdin=accept).status == 0
    program(tmp_path, "make", DEPLOYING.format(root=ROOT))
    text = script("docs/quickstart.md", "A deployed stack").replace(
        "make secret NAME=app_secret", f"echo {SECRET} | make secret NAME=app_secret"
    )
    given = {
        "STACK_URL": stack.api_url,
        "STACK_KEY": stack.operator_key,
        "OPENID": user,
        "TEMPLATE": "S1",
        "AWS_PORT": str(stack.aws_port),
    }
    session = play(text, tmp_path, given | {"CURL_CA_BUNDLE": ""})
    assert session.failed({"doctor": 1}) == [], session.error
    assert [words.split()[0] for _, words in session.ran] == [
        "login",
        "doctor",
        "templates",
        "templates",
        "send",
    ]


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[str]:
    """A redis-server with the lists and the sets of the page. Gives its address."""
    soon = int(time.time()) + 86_400
    with running_redis() as path, redis.Redis(unix_socket_path=path) as client:
        for user in ("mig1", "mig2"):
            for form in ("a", "b"):
                element = {"formId": f"{user}{form}", "expire": soon * 1000}
                client.rpush(f"mina:openid:{user}", json.dumps(element))
        client.rpush("mina:openid:mig1", json.dumps({"formId": "gone", "expire": 1}))
        client.zadd("formid:mig3", {"mig3a": soon, "mig3b": soon + 60})
        cli = ROOT / ".tools" / "redis" / "bin" / "redis-cli"
        program(tmp_path, "redis-cli", REDIS_CLI.format(cli=cli, socket=path))
        yield f"unix://{path}"


def test_permits_come_from_lists_and_sets_in_redis(stack: MakeRun, lists: str, tmp_path: Path) -> None:
    text = script("docs/migrating.md", "From Redis lists of formIds")
    session = play(f"set -e\n{text}", tmp_path, where(stack) | {"REDIS": lists})
    assert session.failed({}) == [], session.error
    assert [words.split()[0] for _, words in session.ran] == ["import", "pool", "import", "import"]
    assert {user: permits(stack, user) for user in ("mig1", "mig2", "mig3")} == {
        "mig1": 2,
        "mig2": 2,
        "mig3": 2,
    }


def permits(stack: MakeRun, openid: str) -> int:
    return int(user_of(stack, openid)["permits"]["form"])


def user_of(stack: MakeRun, openid: str) -> dict[str, Any]:
    minipush = CommandLine({"MINIPUSH_URL": stack.api_url, "MINIPUSH_KEY": stack.operator_key})
    found: dict[str, Any] = json.loads(minipush("users", "show", openid, "-o", "json").out)
    return found


def endpoint(user: str | None, opt_out: str) -> dict[str, object]:
    """As Pinpoint describes one."""
    made: dict[str, object] = {
        "Id": f"endpoint-of-{user}-{opt_out}", "ChannelType": "CUSTOM", "Address": "https://shop.example/hook",
        "EndpointStatus": "ACTIVE", "OptOut": opt_out, "Attributes": {"plan": ["gold"]}, "CohortId": "12",
    }  # fmt: skip
    return made | ({"User": {"UserId": user, "UserAttributes": {"city": ["上海"]}}} if user else {})


def test_users_and_segments_come_from_pinpoint(stack: MakeRun, tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "endpoints").mkdir(parents=True)
    given = [
        endpoint("pin1", "NONE"),
        endpoint("pin1", "NONE"),
        endpoint("pin2", "ALL"),
        endpoint(None, "NONE"),
    ]
    with gzip.open(work / "endpoints" / "part-0.gz", "wt") as file:
        file.writelines(json.dumps(one) + "\n" for one in given)
    with (work / "segment.csv").open("w", newline="") as table:
        rows = csv.DictWriter(table, ["ChannelType", "Address", "OptOut", "User.UserId", "Attributes.plan"])
        rows.writeheader()
        rows.writerow({"OptOut": "NONE", "User.UserId": "pin1"})
        rows.writerow({"OptOut": "ALL", "User.UserId": "pin3"})
        rows.writerow({"OptOut": "ALL", "User.UserId": ""})
        rows.writerow({"OptOut": "NONE", "User.UserId": "pin4"})
    minipush = CommandLine({"MINIPUSH_URL": stack.api_url, "MINIPUSH_KEY": stack.operator_key})
    assert minipush("import", "-", stdin='{"openid": "pin4", "opt_out": true}\n').status == 0
    session = play(f"set -e\n{script('docs/migrating.md', 'From Amazon Pinpoint')}", tmp_path, where(stack))
    assert session.failed({}) == [], session.error
    found = {user: user_of(stack, user) for user in ("pin1", "pin2", "pin3", "pin4")}
    assert {user: (one["tags"], one["opt_out"]) for user, one in found.items()} == {
        "pin1": (["trial", "vip"], False),
        "pin2": (["vip"], True),
        "pin3": (["trial"], True),
        "pin4": (["trial"], True),
    }


@pytest.mark.parametrize("page", ["docs/quickstart.md", "docs/migrating.md", "docs/china.md"])
def test_the_chinese_page_has_the_same_commands(page: str) -> None:
    english, chinese = (
        [re.sub(r"\s+# .*|^# .*", "", block, flags=re.MULTILINE) for block in blocks(name)]
        for name in (page, page.replace(".md", ".zh-CN.md"))
    )
    assert chinese == english != []
