"""Writes a copy of botocore's data that is read faster: `trim_botocore.py BOTOCORE_DATA OUT SERVICE…`.

The first client of a session reads the endpoints of all services in all regions, a megabyte of JSON, and each client
reads its service's description, most of which is documentation. The copy has the endpoints of the given services, and
no documentation. minipush's session looks there first (see minipush/adapters/dynamodb/plain_json.py); botocore's own
files stay as they are.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    data, out, *services = sys.argv[1:]
    _trim_endpoints(Path(data, "endpoints.json"), Path(out, "endpoints.json"), set(services))
    for service in services:
        for model in Path(data, service).glob("*/service-2.json.gz"):
            _write(_undocumented(json.loads(gzip.decompress(model.read_bytes()))), _place(model, data, out))


def _place(model: Path, data: str, out: str) -> Path:
    return Path(out, model.relative_to(data)).with_suffix("")


def _trim_endpoints(source: Path, target: Path, services: set[str]) -> None:
    endpoints = json.loads(source.read_bytes())
    for partition in endpoints["partitions"]:
        named = partition["services"]
        partition["services"] = {name: named[name] for name in named if name in services}
    _write(endpoints, target)


def _undocumented(value: Any) -> Any:
    """Botocore requires some texts, but not their contents. A member that is called `documentation` is an object."""
    if isinstance(value, list):
        return [_undocumented(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: "" if name == "documentation" and isinstance(each, str) else _undocumented(each)
        for name, each in value.items()
    }


def _write(content: Any, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(content, separators=(",", ":")))


if __name__ == "__main__":
    main()
