"""`make export`: have DynamoDB export the tables with permits to S3, all as they were at one moment."""

import hashlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from minipush_cli.aws.deployed_stack import DeployedStack
from minipush_cli.errors import CommandError, Exit
from operate.command import run_command
from operate.environments import deployed_stack
from operate.tables.exports import DATA, SUMMARY, is_written, place

USAGE = "make export TO=s3://bucket/folder [AT=2026-11-30T10:00:00Z]"
TABLES: Final = {
    "Users": "UsersTable",
    "Campaigns": "CampaignsTable",
    "Audit": "AuditTable",
    "Centre": "CentreTable",
}
"""Outputs of the stack by logical name. A stack without the message centre has no CentreTable."""
FIRST_LOOK_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class StartedExport:
    table: str
    arn: str
    url: str


class TableExporter:
    """The tables of one deployment, and the folder that they go to. Each has its own folder in it."""

    def __init__(self, stack: DeployedStack, url: str) -> None:
        self._client = stack.client("dynamodb")
        self._s3 = stack.client("s3")
        self._is_local = stack.is_local
        self._bucket, folder = place(url)
        self._folder = f"{folder or 'minipush'}/{stack.name}"
        outputs = stack.outputs
        self._tables = {name: outputs[key] for name, key in TABLES.items() if key in outputs}

    def latest(self) -> datetime:
        """The last moment of which all tables have a copy, about five minutes ago. Raises CommandError."""
        return min(self._restorable(name, table) for name, table in self._tables.items())

    def start(self, at: datetime) -> Iterator[StartedExport]:
        """A repeat within eight hours starts nothing: DynamoDB knows the export by its token."""
        for name, table in self._tables.items():
            prefix = f"{self._folder}/{at:%Y-%m-%dT%H%M%SZ}/{name}"
            arn = self._client.describe_table(TableName=table)["Table"]["TableArn"]
            token = hashlib.sha256(f"{arn} {self._bucket} {prefix}".encode()).hexdigest()[:36]
            started = self._client.export_table_to_point_in_time(
                TableArn=arn, S3Bucket=self._bucket, S3Prefix=prefix, ExportTime=at,
                ExportFormat=DATA, ClientToken=token,
            )  # fmt: skip
            yield StartedExport(
                name, started["ExportDescription"]["ExportArn"], f"s3://{self._bucket}/{prefix}"
            )

    def wait(self, export: StartedExport) -> int:
        """Until it is complete. Returns the number of its items. Raises CommandError if it failed, or is not in S3."""
        pause = FIRST_LOOK_SECONDS
        while (found := self._description(export))["ExportStatus"] == "IN_PROGRESS":
            time.sleep(pause)
            pause = min(LOOK_SECONDS, 2 * pause)
        if found["ExportStatus"] != "COMPLETED":
            raise CommandError(
                f"the export of {export.table} failed: {found.get('FailureMessage', 'no reason given')}"
            )
        self._ensure_written(export)
        return int(found.get("ItemCount", 0))

    def _ensure_written(self, export: StartedExport) -> None:
        if not is_written(self._s3, export.url, export.arn):
            why = "; the emulator of a local stack exports nothing" if self._is_local else ""
            raise CommandError(
                f"the export of {export.table} is called complete, but there is no {SUMMARY} below {export.url}{why}"
            )

    def _description(self, export: StartedExport) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.describe_export(ExportArn=export.arn)
        return dict(answer["ExportDescription"])

    def _restorable(self, name: str, table: str) -> datetime:
        answer = self._client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        found: datetime | None = answer["PointInTimeRecoveryDescription"].get("LatestRestorableDateTime")
        if found is None:
            raise CommandError(f"{name} ({table}) has no point-in-time recovery, which an export needs")
        return found.astimezone(UTC)


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"AT={text} is no time: {USAGE}", Exit.USAGE) from None
    if at.tzinfo is None:
        raise CommandError(f"AT={text} has no time zone: {USAGE}", Exit.USAGE)
    return at.astimezone(UTC)


def _run(variables: Mapping[str, str]) -> Iterator[str]:
    if not variables.get("TO"):
        raise CommandError(USAGE, Exit.USAGE)
    exporter = TableExporter(deployed_stack(variables), variables["TO"])
    at = _moment(variables["AT"]) if variables.get("AT") else exporter.latest()
    started = list(exporter.start(at))
    print(
        f"export: as of {at:%Y-%m-%dT%H:%M:%SZ}; it goes on if you stop waiting", file=sys.stderr, flush=True
    )
    for export in started:
        yield f"{export.table}\t{exporter.wait(export)}\t{export.url}\n"


def main() -> int:
    return run_command("export", lambda: _run(os.environ))


if __name__ == "__main__":
    sys.exit(main())
