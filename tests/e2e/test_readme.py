"""The shell session in the README, run as it is printed."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.command_pages import documents
from support.running import MakeRun

from local.processes import ROOT

pytestmark = pytest.mark.e2e

GIVEN = ("API=", "WECHAT=", "KEY=")
VARIES = ("token", "next_expiry", "last_seen")


def lasting(text: str) -> list[Any]:
    """The JSON documents in a text, without what differs each time."""
    return [
        {name: value for name, value in document.items() if name not in VARIES}
        for document in documents(text)
    ]


@pytest.mark.skipif(shutil.which("jq") is None, reason="the README's session needs jq")
@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_session_in_the_readme_answers_what_it_says(stack: MakeRun, tmp_path: Path, readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    [session] = re.findall(r"^```sh\n(API=.*?)^```$", text, re.MULTILINE | re.DOTALL)
    user = f"anna-{tmp_path.parent.name}-{tmp_path.name}"[:64]
    session = session.replace("anna", user).replace("order-42", user)
    lines = session.splitlines()
    script = "\n".join(line for line in lines if not line.startswith(GIVEN))
    environment = {"API": stack.api_url, "WECHAT": stack.wechat_url, "KEY": stack.operator_key}
    environment["CURL_CA_BUNDLE"] = stack.environment["WECHAT_CA"]
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail"],
        input=script,
        env=environment | {"PATH": "/usr/local/bin:/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = lasting("\n".join(line[2:] for line in lines if line.startswith("# {")))
    assert lasting(done.stdout)[:-1] == printed[:-1]
    assert lasting(done.stdout)[-1].keys() == printed[-1].keys()
