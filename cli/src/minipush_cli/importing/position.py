"""How far an import is, in a file beside its source, so that it goes on after a kill."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from minipush_cli.importing.uploads import Uploaded

HEAD_BYTES = 65_536


@dataclass(frozen=True)
class Totals:
    """`records`: how many were read. `rejects_bytes`: the length of the file with the rejected ones."""

    records: int = 0
    stored: int = 0
    known: int = 0
    changed: int = 0
    rejected: int = 0
    skipped: int = 0
    rejects_bytes: int = 0

    def plus(self, records: int, skipped: int, uploaded: Uploaded) -> "Totals":
        return replace(
            self,
            records=self.records + records,
            skipped=self.skipped + skipped,
            stored=self.stored + uploaded.stored,
            known=self.known + uploaded.known,
            changed=self.changed + uploaded.changed,
            rejected=self.rejected + len(uploaded.rejected),
        )


class Position:
    """Of one import of one file into one deployment. Without a file (standard input, Redis), nothing is kept."""

    def __init__(self, source: str, url: str, *, is_file: bool) -> None:
        self._source = Path(source) if is_file else None
        self._identity = _identity(self._source, url) if self._source else {}

    @property
    def _file(self) -> Path | None:
        return self._source.with_name(f"{self._source.name}.progress") if self._source else None

    @property
    def rejects(self) -> Path | None:
        """The file that lists the rejected records."""
        return self._source.with_name(f"{self._source.name}.rejected.jsonl") if self._source else None

    def read(self) -> Totals:
        """Where an earlier run stopped; the beginning, if there was none or the file is another one now."""
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8")) if self._file else {}
        except (OSError, ValueError):
            return Totals()
        return Totals(**kept["totals"]) if kept.get("of") == self._identity and self._identity else Totals()

    def keep(self, totals: Totals, rejected: list[dict[str, Any]]) -> Totals:
        """First the rejected records, then the position: a kill in between repeats a part, whose rejects are then replaced."""
        if self._file is None or self.rejects is None:
            return totals
        totals = replace(totals, rejects_bytes=_append(self.rejects, totals.rejects_bytes, rejected))
        temporary = self._file.with_suffix(".progress-new")
        temporary.write_text(json.dumps({"of": self._identity, "totals": asdict(totals)}), encoding="utf-8")
        temporary.replace(self._file)
        return totals

    def finish(self) -> None:
        if self._file:
            self._file.unlink(missing_ok=True)


def _append(file: Path, at: int, lines: list[dict[str, Any]]) -> int:
    """Write behind the byte `at`; returns the new length. No file is made for nothing."""
    if not lines and not at:
        file.unlink(missing_ok=True)
        return 0
    with file.open("ab" if file.exists() else "wb") as out:
        out.truncate(at)
        out.seek(0, os.SEEK_END)
        out.write("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode())
        return out.tell()


def _identity(source: Path, url: str) -> dict[str, Any]:
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return {"url": url, "bytes": source.stat().st_size, "head": hashlib.sha256(head).hexdigest()}
