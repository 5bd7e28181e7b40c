"""The AWS command line, which reaches the emulator."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local.processes import ROOT

WRAPPER = """#!/bin/sh
exec {aws} --endpoint-url {url} "$@"
"""
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
SECONDS = 120


def run_aws_commands(script: str, folder: Path, url: str, outputs: Mapping[str, str]) -> str:
    """`outputs`: of the stack, for the page's function `output`. Returns what was printed."""
    aws = folder / "bin" / "aws"
    aws.parent.mkdir(exist_ok=True)
    aws.write_text(WRAPPER.format(aws=ROOT / ".tools" / "aws" / "bin" / "aws", url=url))
    aws.chmod(0o755)
    cases = "".join(f"{name}) echo {value};; " for name, value in outputs.items())
    text = f"output() {{ case $1 in {cases} *) exit 9;; esac; }}\n{script}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= CREDENTIALS | {"PATH": f"{aws.parent}:{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(
        ["bash", "-euo", "pipefail"], input=text, env=environment, check=True, capture_output=True, text=True,
        timeout=SECONDS,
    ).stdout  # fmt: skip
