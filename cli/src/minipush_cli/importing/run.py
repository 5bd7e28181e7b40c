"""An import from its source to the API, part by part."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import islice

from minipush_cli.api import Api
from minipush_cli.importing.entries import Entry, EntryError, Record, read_entry
from minipush_cli.importing.position import Position, Totals
from minipush_cli.importing.uploads import Rejected, Uploaded, upload

IN_A_PART = 1000
CONNECTIONS = 8
# What an old list of formIds is full of.
WORTHLESS = ("expired", "mock_form_id", "malformed")

Worthless = Callable[[Record], bool]


class Import:
    """`is_worthless`: what is skipped without a word. `report` receives the rejected records of each part."""

    def __init__(
        self,
        api: Api,
        position: Position,
        is_worthless: Worthless | None,
        report: Callable[[list[Rejected]], None],
    ) -> None:
        self._api = api
        self._position = position
        self._is_worthless = is_worthless
        self._report = report

    def run(self, records: Iterator[Record], step: Callable[[Totals], None]) -> Totals:
        """Go on where an earlier run stopped. `step` is told after each part."""
        totals = self._position.read()
        waiting = islice(records, totals.records, None)
        with ThreadPoolExecutor(CONNECTIONS) as executor:
            while part := list(islice(waiting, IN_A_PART)):
                totals = self._run_part(part, totals, executor)
                step(totals)
        self._position.finish()
        return totals

    def _run_part(self, part: list[Record], totals: Totals, executor: ThreadPoolExecutor) -> Totals:
        wanted = [record for record in part if not (self._is_worthless and self._is_worthless(record))]
        entries, unreadable = _read(wanted)
        uploaded = upload(self._api, entries, executor)
        kept = sorted([*unreadable, *uploaded.rejected], key=lambda one: one.number)
        rejected = [one for one in kept if not (self._is_worthless and one.reason in WORTHLESS)]
        skipped = len(part) - len(wanted) + len(kept) - len(rejected)
        summed = Uploaded(uploaded.stored, uploaded.known, uploaded.changed, rejected)
        self._report(rejected)
        return self._position.keep(totals.plus(len(part), skipped, summed), [asdict(one) for one in rejected])


def _read(records: list[Record]) -> tuple[list[Entry], list[Rejected]]:
    read = [_entry_or_reason(record) for record in records]
    return [one for one in read if isinstance(one, Entry)], [one for one in read if isinstance(one, Rejected)]


def _entry_or_reason(record: Record) -> Entry | Rejected:
    try:
        return read_entry(record)
    except EntryError as error:
        return Rejected(record.number, str(record.fields.get("openid") or ""), str(error))
