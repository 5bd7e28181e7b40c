"""Runs `sam build` once for each state of the sources."""

import fcntl
import hashlib
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.processes import ROOT, run

SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
BUILDS = ROOT / ".cache" / "builds"
BUILDS_TO_KEEP = 4


def built() -> Path:
    """The directory with the built template.yaml. Other stacks share it: do not change it."""
    with _lock():
        directory = BUILDS / _fingerprint()
        while not directory.exists():
            _build(directory)
            current = BUILDS / _fingerprint()
            if current != directory:  # the sources changed during the build, so the name is wrong
                shutil.rmtree(directory)
                directory = current
        directory.touch()
        _delete_old_builds()
        return directory


def _build(directory: Path) -> None:
    unfinished = directory.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    cache = ROOT / ".cache" / "sam"
    run([SAM, "build", "--build-dir", unfinished, "--cached", "--cache-dir", cache], _environment())
    _zip_layers(unfinished)
    unfinished.rename(directory)


def _zip_layers(build: Path) -> None:
    """Zip each layer once. Otherwise every `sam deploy` zips it again, which takes seconds."""
    template = build / "template.yaml"
    text = template.read_text()
    for layer in re.findall(r"ContentUri: (\w+)$", text, re.MULTILINE):
        with zipfile.ZipFile(build / f"{layer}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted((build / layer).rglob("*")):
                archive.write(path, path.relative_to(build / layer))
        text = text.replace(f"ContentUri: {layer}\n", f"ContentUri: {layer}.zip\n")
    template.write_text(text)


def _environment() -> dict[str, str]:
    return os.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    yield ROOT / "template.yaml"
    for folder in (ROOT / "functions", ROOT / "layers"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _delete_old_builds() -> None:
    builds = sorted(BUILDS.glob("*/"), key=lambda path: path.stat().st_mtime)
    for directory in builds[:-BUILDS_TO_KEEP]:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _lock() -> Iterator[None]:
    BUILDS.mkdir(parents=True, exist_ok=True)
    with (BUILDS.parent / "builds.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
