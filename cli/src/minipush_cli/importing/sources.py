"""Files of JSON lines and CSV, as records."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from minipush_cli.csv_rows import unguarded
from minipush_cli.errors import CommandError, Exit
from minipush_cli.importing.entries import FIELDS, Record

TAG_SEPARATOR = ";"
BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

Source = Callable[[], Iterator[Record]]


@contextmanager
def opened(name: str) -> Iterator[TextIO]:
    """`-` is standard input. A byte order mark is dropped."""
    if name == "-":
        yield sys.stdin
        return
    with Path(name).open(encoding="utf-8-sig", newline="") as file:
        yield file


def json_lines(name: str) -> Iterator[Record]:
    with opened(name) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _json_record(number, line)


def _json_record(number: int, line: str) -> Record:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return Record(number, {}, "not JSON")
    return Record(number, fields) if isinstance(fields, dict) else Record(number, {}, "not a JSON object")


def csv_rows(name: str) -> Iterator[Record]:
    """The first row names the columns. Rows are counted from 1, without it."""
    with opened(name) as file:
        reader = csv.DictReader(file, strict=True)
        columns = reader.fieldnames or []
        unknown = [column for column in columns if column not in FIELDS]
        if "openid" not in columns or unknown:
            raise CommandError(
                f"{name}: the first row must name columns of {', '.join(FIELDS)}, and openid is one of them",
                Exit.USAGE,
            )
        for number, row in enumerate(reader, start=1):
            yield _csv_record(number, row)


def _csv_record(number: int, row: dict[str, Any]) -> Record:
    if None in row or None in row.values():
        return Record(number, {}, "more or fewer cells than columns")
    fields = {name: unguarded(text) for name, text in row.items() if text}
    try:
        return Record(number, {name: _value(name, text) for name, text in fields.items()})
    except ValueError:
        return Record(number, {}, "a cell has no valid value")


def _value(name: str, text: str) -> Any:
    """Raises ValueError."""
    if name == "expires_at":
        return int(text)
    if name in {"opt_out", "long_term"}:
        if text.lower() not in BOOLEANS:
            raise ValueError(text)
        return BOOLEANS[text.lower()]
    if name == "quiet_hours":
        return json.loads(text)
    if name == "tags":
        return read_tags(text)
    return text


def read_tags(text: str) -> Any:
    """`vip;trial`, or a JSON array where a tag has a semicolon."""
    return json.loads(text) if text.startswith("[") else [tag for tag in text.split(TAG_SEPARATOR) if tag]


def write_tags(tags: list[str]) -> str:
    is_plain = not any(TAG_SEPARATOR in tag or tag.startswith("[") for tag in tags)
    return TAG_SEPARATOR.join(tags) if is_plain else json.dumps(tags, ensure_ascii=False)
