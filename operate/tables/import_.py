"""`make import`: write what `make export` wrote to S3 into the tables of a stack. What is there already stays."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched, islice
from pathlib import Path
from typing import Final

from botocore.config import Config

from minipush_cli.aws.deployed_stack import DeployedStack
from minipush_cli.errors import CommandError, Exit
from operate.command import run_command
from operate.environments import deployed_stack
from operate.tables.export import TABLES
from operate.tables.exports import DataFile, Item, TableExport, find_exports, items

USAGE = "make import FROM=s3://bucket/folder [TABLE=Users] [PROGRESS=import.progress]"
WRITERS: Final = 16
PART: Final = 500
"""So many items are written before the position is. A killed import repeats at most so many; that changes nothing."""


@dataclass
class ImportProgress:
    """How many items of each data file are in the table, in a file, so that an import goes on where it was."""

    path: Path
    source: str
    done: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, source: str) -> "ImportProgress":
        """Raises CommandError if the file belongs to another import."""
        if not path.exists():
            return cls(path, source)
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["source"] != source:
            raise CommandError(f"{path} belongs to another import: {content['source']}", Exit.USAGE)
        return cls(path, source, content["done"])

    def note(self, key: str, count: int) -> None:
        self.done[key] = self.done.get(key, 0) + count
        beside = self.path.with_name(f"{self.path.name}.new")
        beside.write_text(json.dumps({"source": self.source, "done": self.done}), encoding="utf-8")
        beside.replace(self.path)


@dataclass
class Tally:
    stored: int = 0
    kept: int = 0

    def line(self, export: TableExport, before: int) -> str:
        seen = before + self.stored + self.kept
        return f"{export.table}: {seen:,} of {export.items:,} items, {self.stored:,} stored, {self.kept:,} were there\n"


class TableImporter:
    """Writes each item under the condition that its key is free."""

    def __init__(self, stack: DeployedStack, progress: ImportProgress) -> None:
        self._stack = stack
        self._s3 = stack.client("s3")
        self._dynamodb = stack.client("dynamodb", Config(max_pool_connections=WRITERS))
        self._progress = progress

    def bring(self, export: TableExport) -> Iterator[str]:
        """Yields a line after each part."""
        table = self._stack.output(TABLES[export.table])
        key = self._dynamodb.describe_table(TableName=table)["Table"]["KeySchema"][0]["AttributeName"]
        tally, before = Tally(), sum(self._progress.done.get(file.key, 0) for file in export.files)
        for file in export.files:
            for part in batched(self._rest(export, file), PART, strict=False):
                self._write(table, key, part, tally)
                self._progress.note(file.key, len(part))
                yield tally.line(export, before)
        yield tally.line(export, before)

    def _rest(self, export: TableExport, file: DataFile) -> Iterator[Item]:
        done = self._progress.done.get(file.key, 0)
        if done >= file.items:
            return iter(())
        return islice(items(self._s3, export.bucket, file), done, None)

    def _write(self, table: str, key: str, part: tuple[Item, ...], tally: Tally) -> None:
        with ThreadPoolExecutor(WRITERS) as writers:
            stored = sum(writers.map(lambda item: self._put(table, key, item), part))
        tally.stored += stored
        tally.kept += len(part) - stored

    def _put(self, table: str, key: str, item: Item) -> bool:
        try:
            self._dynamodb.put_item(
                TableName=table, Item=item, ConditionExpression="attribute_not_exists(#key)",
                ExpressionAttributeNames={"#key": key},
            )  # fmt: skip
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _chosen(found: Iterator[TableExport], only: str) -> list[TableExport]:
    exports = [export for export in found if only in ("", export.table)]
    unknown = [export.table for export in exports if export.table not in TABLES]
    if unknown or not exports:
        names = ", ".join(TABLES)
        raise CommandError(f"no export of one of {names} is chosen: {USAGE}", Exit.USAGE)
    if len({export.table for export in exports}) < len(exports):
        raise CommandError("there are several exports of one table: name the folder of one", Exit.USAGE)
    return exports


def _run(variables: Mapping[str, str]) -> Iterator[str]:
    source = variables.get("FROM") or ""
    if not source:
        raise CommandError(USAGE, Exit.USAGE)
    stack = deployed_stack(variables)
    exports = _chosen(find_exports(stack.client("s3"), source), variables.get("TABLE") or "")
    path = Path(variables.get("PROGRESS") or "import.progress")
    importer = TableImporter(stack, ImportProgress.read(path, f"{source} into {stack.name}"))
    for export in exports:
        yield from importer.bring(export)
    path.unlink(missing_ok=True)


def main() -> int:
    return run_command("import", lambda: _run(os.environ), "; run it again, and it goes on where it was")


if __name__ == "__main__":
    sys.exit(main())
