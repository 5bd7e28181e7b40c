"""`sam build`, once for what there is to build."""

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
KEPT = 4


def built() -> Path:
    """The directory with the built template.yaml; shared, so not to be changed."""
    with _lock():
        directory = BUILDS / _fingerprint()
        while not directory.exists():
            _build(directory)
            after = BUILDS / _fingerprint()
            if after != directory:  # edited meanwhile: what was built bears the wrong name
                shutil.rmtree(directory)
                directory = after
        directory.touch()
        _forget_all_but_the_latest()
        return directory


def _build(directory: Path) -> None:
    unfinished = directory.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    cache = ROOT / ".cache" / "sam"
    run([SAM, "build", "--build-dir", unfinished, "--cached", "--cache-dir", cache], _environment())
    _zip_layers(unfinished)
    unfinished.rename(directory)


def _zip_layers(build: Path) -> None:
    """Do once what each `sam deploy` would do anew, for seconds: a zip is uploaded as it is."""
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


def _forget_all_but_the_latest() -> None:
    builds = sorted(BUILDS.glob("*/"), key=lambda path: path.stat().st_mtime)
    for directory in builds[:-KEPT]:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _lock() -> Iterator[None]:
    BUILDS.mkdir(parents=True, exist_ok=True)
    with (BUILDS.parent / "builds.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
