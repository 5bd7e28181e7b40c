"""CSV, as spreadsheets read it: a text that looks like a formula is not run."""

import csv
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

# What a spreadsheet may take for a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = re.compile(r"[=+\-@\t\r]")
# Ids and numbers, which may begin with a minus, are left as they are.
HARMLESS = re.compile(r"[\w-]*", re.ASCII)
GUARD = "'"


def guarded(value: Any) -> str:
    text = "" if value is None else str(value)
    return GUARD + text if FORMULA.match(text) and not HARMLESS.fullmatch(text) else text


def unguarded(text: str) -> str:
    """The opposite of `guarded`, so that what was exported can be imported."""
    return text[1:] if text.startswith(GUARD) and FORMULA.match(text[1:]) else text


def write_rows(heads: Sequence[str], rows: Iterable[Sequence[Any]], file: TextIO | None = None) -> None:
    writer = csv.writer(file or sys.stdout, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(map(guarded, row) for row in rows)
