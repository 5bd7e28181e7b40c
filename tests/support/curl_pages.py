"""The curl commands of a page, run as they are printed, and what each was answered."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.running import MakeRun

# The status and the last argument that is an address, for each call.
WRAPPER = """#!/bin/bash
for argument in "$@"; do case "$argument" in http*) url=$argument ;; esac; done
{curl} -D "$HEADERS" "$@"
printf '%s %s\\n' "$(grep -a '^HTTP/' "$HEADERS" | tail -1 | cut -d' ' -f2)" "${{url#$API}}" >> "$ANSWERS"
"""
SECONDS = 120
JSON = "Content-Type: application/json"


@dataclass(frozen=True)
class Answered:
    """`answers`: the status of each call and its path, in order."""

    answers: list[tuple[int, str]]
    error: str

    def failed(self) -> set[tuple[int, str]]:
        return {(status, path) for status, path in self.answers if not 200 <= status < 300}


def run_page(script: str, folder: Path, environment: Mapping[str, str]) -> Answered:
    wrapper = folder / "bin" / "curl"
    wrapper.parent.mkdir(exist_ok=True)
    wrapper.write_text(WRAPPER.format(curl=shutil.which("curl")))
    wrapper.chmod(0o755)
    kept = {"ANSWERS": str(folder / "answers"), "HEADERS": str(folder / "headers")}
    path = {"PATH": f"{wrapper.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-u"], input=script, cwd=folder, text=True, capture_output=True, timeout=SECONDS, check=False,
        env=kept | path | {**environment},
    )  # fmt: skip
    lines = (folder / "answers").read_text().splitlines()
    return Answered(
        [(int(status), path) for status, path in (line.split(" ", 1) for line in lines)], done.stderr
    )


def calls(script: str) -> int:
    return len(re.findall(r"\bcurl ", script))


def where(stack: MakeRun) -> dict[str, str]:
    return {"API": stack.api_url, "KEY": stack.operator_key, "ADMIN_KEY": stack.operator_key, "JSON": JSON}


def curl(stack: MakeRun, path: str, body: Mapping[str, object], token: str = "") -> dict[str, str]:
    credential = ["-H", f"Authorization: Bearer {token}"] if token else []
    command = ["curl", "-s", f"{stack.api_url}{path}", "-H", JSON, *credential, "-d", json.dumps(body)]
    answer: dict[str, str] = json.loads(subprocess.check_output(command))
    return answer


def log_in(stack: MakeRun, openid: str) -> tuple[str, str]:
    """A code that is still good, and a session."""
    with stack.control() as wechat:
        codes = [str(wechat.add_user(openid).js_code) for _ in range(2)]
    return codes[0], curl(stack, "/session", {"code": codes[1]})["token"]
