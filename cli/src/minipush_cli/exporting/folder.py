"""The folder of an export, and how far the export is."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from minipush_cli.errors import CommandError, Exit

PROGRESS = ".progress.json"


@dataclass(frozen=True)
class Written:
    """`cursor`: where the list of users goes on; None before the first page and after the last. `bytes`: of each file."""

    cursor: str | None = None
    are_users_done: bool = False
    users: int = 0
    bytes: dict[str, int] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)


class Folder:
    """Files that are written page by page. After a kill, each is cut to the length that the last position has."""

    def __init__(self, path: Path, url: str, format_: str) -> None:
        self.path = path
        self._of = {"url": url, "format": format_}
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", Exit.USAGE) from None

    def read(self) -> Written:
        """Raises CommandError: the folder has an export of something else."""
        file = self.path / PROGRESS
        if not file.exists():
            self._refuse_if_used()
            return Written()
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["of"] != self._of:
            raise CommandError(f"{self.path} has an unfinished export of {kept['of']['url']}", Exit.USAGE)
        return Written(**kept["written"])

    def keep(self, written: Written) -> None:
        temporary = self.path / f"{PROGRESS}-new"
        temporary.write_text(json.dumps({"of": self._of, "written": asdict(written)}), encoding="utf-8")
        temporary.replace(self.path / PROGRESS)

    def finish(self) -> None:
        (self.path / PROGRESS).unlink(missing_ok=True)

    def append(self, name: str, at: int, text: str) -> int:
        """Write behind the byte `at`; returns the new length."""
        file = self.path / name
        with file.open("r+b" if file.exists() else "w+b") as out:
            out.truncate(at)
            out.seek(0, os.SEEK_END)
            out.write(text.encode())
            return out.tell()

    def write_json(self, name: str, value: Any) -> None:
        self._write(name, json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def write_lines(self, name: str, values: Iterable[Any]) -> None:
        with (self.path / name).open("w", encoding="utf-8") as out:
            out.writelines(json_line(value) for value in values)

    def _write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def _refuse_if_used(self) -> None:
        if any(self.path.iterdir()):
            raise CommandError(f"{self.path} is not empty", Exit.USAGE)


def json_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
