"""Runs `sam build` once for each state of the sources."""

import fcntl
import hashlib
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

import yaml

from local.processes import ROOT, run

SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
BUILDS = ROOT / ".cache" / "builds"
BUILDS_TO_KEEP = 4
LAYER: Final = "AWS::Serverless::LayerVersion"


def built() -> Path:
    """The directory with the built template.json. Other stacks share it: do not change it."""
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
    _pack(unfinished)
    unfinished.rename(directory)


def _pack(build: Path) -> None:
    """Zip each layer once, and write the template as JSON once. Every `sam deploy` would zip the layers again, and read
    the template seven times: in YAML, that takes half of its time.
    """
    template = yaml.load((build / "template.yaml").read_text(), _Loader)  # noqa: S506 - a safe loader
    for resource in template["Resources"].values():
        if resource["Type"] == LAYER:
            properties = resource["Properties"]
            properties["ContentUri"] = _zipped(build, properties["ContentUri"])
    (build / "template.json").write_text(json.dumps(template))


def _zipped(build: Path, layer: str) -> str:
    name = f"{layer}.zip"
    with zipfile.ZipFile(build / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((build / layer).rglob("*")):
            archive.write(path, path.relative_to(build / layer))
    return name


class _Loader(yaml.SafeLoader):
    """Leaves dates, such as a policy's version, as texts."""

    yaml_implicit_resolvers: ClassVar = {  # type: ignore[misc]  # in PyYAML, of the instance
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _environment() -> dict[str, str]:
    """On Linux, the layer for Lambda serves this machine, too."""
    layer_for = "lambda" if sys.platform == "linux" else "machine"
    own = {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1", "LAYER_FOR": layer_for}
    return os.environ | own


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
