"""An export, part by part."""

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from minipush_cli.api import Api
from minipush_cli.csv_rows import guarded
from minipush_cli.exporting.folder import Folder, Written, json_line
from minipush_cli.exporting.users import importable_text, users_text

CONNECTIONS = 8
USERS_IN_A_PART = 200
RECIPIENTS_IN_A_PAGE = 1000
REPORT_COLUMNS = ("openid", "status", "reason", "errcode", "errmsg", "rid", "msgid", "permit_kind", "at")
IMPORTABLE = "import.jsonl"
LISTS = {"tags.json": "/tags", "targets.json": "/templates/stock", "pool.json": "/pool"}

Json = dict[str, Any]


class Export:
    """`step` is told what is being written, and how many are done."""

    def __init__(self, api: Api, folder: Folder, format_: str, step: Callable[[str, int], None]) -> None:
        self._api = api
        self._folder = folder
        self._format = format_
        self._step = step

    def run(self) -> Written:
        written = self._folder.read()
        self._folder.keep(written)
        if not written.are_users_done:
            written = self._users(written)
        written = self._campaigns(written)
        for name, path in LISTS.items():
            self._folder.write_json(name, self._api.get(path))
        self._folder.write_lines("templates.jsonl", self._api.items("/templates"))
        self._folder.finish()
        return written

    # ---- users

    def _users(self, written: Written) -> Written:
        with ThreadPoolExecutor(CONNECTIONS) as executor:
            for page in self._api.pages("/users", {"cursor": written.cursor}, page=USERS_IN_A_PART):
                users = list(executor.map(self._user, [one["openid"] for one in page["items"]]))
                written = self._with_users(written, users, page["next_cursor"])
                self._folder.keep(written)
                self._step("users", written.users)
        return written

    def _user(self, openid: str) -> Json:
        return self._api.get(f"/users/{quote(openid, safe='')}")

    def _with_users(self, written: Written, users: list[Json], cursor: str | None) -> Written:
        name = f"users.{self._format}"
        at = {name: 0, IMPORTABLE: 0, **written.bytes}
        texts = {
            name: users_text(users, self._format, has_head=not at[name]),
            IMPORTABLE: importable_text(users),
        }
        lengths = {file: self._folder.append(file, at[file], text) for file, text in texts.items()}
        return replace(
            written,
            cursor=cursor,
            are_users_done=cursor is None,
            users=written.users + len(users),
            bytes={**at, **lengths},
        )

    # ---- campaigns

    def _campaigns(self, written: Written) -> Written:
        """A report that is being written is written again from its start."""
        campaigns = list(self._api.items("/campaigns"))
        self._folder.write_lines("campaigns.jsonl", campaigns)
        (self._folder.path / "reports").mkdir(exist_ok=True)
        for campaign in campaigns:
            if campaign["id"] not in written.reports:
                self._report(campaign["id"])
                written = replace(written, reports=[*written.reports, campaign["id"]])
                self._folder.keep(written)
            self._step("reports", len(written.reports))
        return written

    def _report(self, campaign_id: str) -> None:
        file = self._folder.path / "reports" / f"{campaign_id}.{self._format}"
        path = f"/campaigns/{quote(campaign_id, safe='')}/recipients"
        entries = self._api.items(path, page=RECIPIENTS_IN_A_PAGE)
        with file.open("w", encoding="utf-8", newline="") as out:
            if self._format == "jsonl":
                out.writelines(map(json_line, entries))
                return
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(REPORT_COLUMNS)
            writer.writerows([guarded(entry.get(name)) for name in REPORT_COLUMNS] for entry in entries)
