"""Locks the requirements with uv (`--upgrade` takes newer versions); `--check` fails where a lock is out of date."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local.processes import ROOT

UV = ROOT / ".tools" / "uv" / "bin" / "uv"
REQUIREMENTS = ROOT / "requirements"
LAYER = ROOT / "layers" / "common" / "requirements.txt"
CHECKED = ("runtime", "dev", "emulator", "node", "redis", "sam", "template-lint", "aws")
LOCKED = ("uv", *CHECKED)
OPTIONS = (
    "--quiet",
    "--universal",
    "--python-version=3.13",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
)


def compile_lock(name: str, lock: Path, *options: str) -> None:
    """Versions that `lock` has stay as they are, where they still satisfy the requirements."""
    source = f"requirements/{name}.in"
    subprocess.run([UV, "pip", "compile", *OPTIONS, *options, source, "-o", lock], cwd=ROOT, check=True)


def versions(text: str) -> list[str]:
    """A lock without its hashes: a package may gain files for a version that it had."""
    lines = (line for line in text.splitlines() if "--hash=" not in line)
    return [re.sub(r" *\\$", "", line) for line in lines]


def outdated() -> Iterator[str]:
    """Each lock that differs from what the requirements resolve to."""
    runtime = (REQUIREMENTS / "runtime.txt").read_bytes()
    if LAYER.read_bytes() != runtime:
        yield str(LAYER.relative_to(ROOT))
    with tempfile.TemporaryDirectory() as directory:
        for name in CHECKED:
            held = REQUIREMENTS / f"{name}.txt"
            fresh = Path(directory) / held.name
            fresh.write_bytes(held.read_bytes())
            compile_lock(name, fresh)
            if versions(fresh.read_text(encoding="utf-8")) != versions(held.read_text(encoding="utf-8")):
                yield str(held.relative_to(ROOT))


def check() -> int:
    found = list(outdated())
    for lock in found:
        print(f"{lock} is out of date; run: make lock", file=sys.stderr)
    return 1 if found else 0


def lock_all(*options: str) -> int:
    for name in LOCKED:
        compile_lock(name, REQUIREMENTS / f"{name}.txt", *options)
    LAYER.write_bytes((REQUIREMENTS / "runtime.txt").read_bytes())
    return 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(check() if arguments == ["--check"] else lock_all(*arguments))
