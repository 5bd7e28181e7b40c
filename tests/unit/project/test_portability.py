"""What runs on a developer's machine uses no flag that GNU's tools alone have, and no name that a Mac mixes up with another."""

import re
import subprocess
from collections import Counter

import pytest

from local.processes import ROOT

SCRIPTS = ("Makefile", "layers/common/Makefile", "layers/common/build.sh")
GNU_ONLY = (
    r"sed (-\w*r|-i )", r"readlink -\w*f", r"\bdate (?:-d|--)", r"grep -\w*P", r"stat -c", r"xargs -\w*r",
    r"-printf", r"cp --", r"mktemp --", r"ls --", r"tar --(sort|owner|mtime)", r"\bnproc\b", r"\btimeout \d",
    r"\bsetsid\b", r"\bmapfile\b", r"\bdeclare -A\b", r"\$\{\w+,,", r"/proc/",
)  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("flag", GNU_ONLY)
def test_a_script_uses_no_flag_of_gnu_s_tools(script: str, flag: str) -> None:
    """Nor anything that the Mac's bash 3.2 lacks."""
    assert re.findall(flag, (ROOT / script).read_text(encoding="utf-8")) == []


def test_names_of_files_differ_in_more_than_case() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = Counter(name.lower() for name in listed.stdout.splitlines())
    assert [name for name, count in names.items() if count > 1] == []
