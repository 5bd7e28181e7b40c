"""Node and npm, which make has installed, run on the mini-program kit."""

import os
import subprocess
from collections.abc import Mapping
from types import MappingProxyType

from local.processes import ROOT

KIT = ROOT / "miniprogram"
NODE = ROOT / ".tools" / "node"


def run_node(
    *arguments: str, variables: Mapping[str, str] = MappingProxyType({}), timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """`node …` in miniprogram/. npm is on its PATH and writes nothing outside the repository."""
    path = f"{NODE / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    environment = {**os.environ, "PATH": path, "npm_config_cache": str(NODE / "cache"), **variables}
    return subprocess.run(
        [NODE / "bin" / "node", *arguments], cwd=KIT, env=environment, capture_output=True, text=True,
        timeout=timeout, check=False,
    )  # fmt: skip
