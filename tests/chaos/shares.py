"""What each failure becomes: runs campaigns with one failure each, and prints the share of each outcome.

    PYTHONPATH=layers/common:tests .venv/bin/python -m chaos.shares --campaigns 200 --seed 1

Failures take turns, and so do the two types of message. A campaign goes to users with permits of all kinds. WeChat's success events come while it runs, unless `--receipts` says otherwise.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from chaos.campaign_run import ID, CampaignRun, campaign_run
from chaos.fault_plan import Event, FaultPlan, Incident, UserPlan, plan_faults
from chaos.receipts import Receipts
from mypy_boto3_dynamodb import DynamoDBClient
from support.simulator_process import SimulatorProcess, running_simulator

from local.stack.emulator import Emulator
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.application.campaigns.read_report import ReadReport
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain.campaigns import AudienceType
from minipush.domain.messages import Status

USERS = 200
NONE = "none"


@dataclass(frozen=True)
class Failure:
    """One kind of failure. A share of the calls to WeChat fails, or workers are killed."""

    name: str
    fault: Mapping[str, Any] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()


def _of_calls(name: str, action: str, **fields: Any) -> Failure:
    return Failure(name, {"action": action, "probability": 0.05, "times": None} | fields)


FAILURES = (
    Failure("a worker is killed", incidents=(Incident.KILL, Incident.KILL)),
    Failure("a worker is killed while it fetches the token", incidents=(Incident.KILL_OVER_TOKEN,)),
    Failure("a worker is killed while it waits for a busy WeChat", incidents=(Incident.KILL_IN_BACK_OFF,)),
    Failure("a worker stops for longer than its lease", incidents=(Incident.FREEZE,)),
    _of_calls("the connection is reset before WeChat accepts", "reset_before"),
    _of_calls("the connection is reset after WeChat accepted", "reset_after"),
    _of_calls("no answer in time, WeChat accepted", "hang", taken=True, seconds=3),
    _of_calls("an unreadable answer, WeChat accepted", "garbage", taken=True),
    _of_calls("502, WeChat did not accept", "http_status", status=502),
    _of_calls("500, WeChat accepted", "http_status", status=500, taken=True),
    _of_calls("WeChat is busy (-1)", "errcode", errcode=-1),
)


@dataclass
class Row:
    """The recipients with one failure and one kind of permit; `accepted`: those in doubt whom WeChat sent to."""

    statuses: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    reached_twice: int = 0

    @property
    def total(self) -> int:
        return self.statuses.total()


type Rows = dict[tuple[str, str], Row]


def plans(
    failures: Sequence[Failure], campaigns: int, users: int, seed: int, receipts: Receipts
) -> Iterator[tuple[Failure, FaultPlan]]:
    types = (SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE)
    turns = cycle((failure, message_type) for message_type in types for failure in failures)
    for number, (failure, message_type) in enumerate(islice(turns, campaigns), seed):
        plan = plan_faults(number)
        yield (
            failure,
            replace(
                plan,
                users=tuple(_user(n) for n in range(users)),
                message_type=message_type,
                audience_type=AudienceType.ALL,
                quota=None,
                table_failures=0,
                duplicates=0,
                max_per_second=100,
                faults=_faults(failure, replace(plan, message_type=message_type)),
                events=tuple(Event(0.2 + 0.3 * n, each) for n, each in enumerate(failure.incidents)),
                receipts=receipts,
            ),
        )


def _user(number: int) -> UserPlan:
    """Every other user has a formId or an accept, the others a prepay_id or a long-term subscription."""
    first = number % 2 == 0
    return UserPlan(
        forms=int(first),
        fakes=0,
        payments=int(not first),
        accepts=int(first),
        long_term=not first,
        is_about_to_expire=False,
        opts_out=False,
        is_tagged=False,
        is_named=False,
    )


def _faults(failure: Failure, plan: FaultPlan) -> tuple[Mapping[str, Any], ...]:
    return ({"path": plan.send_path, "seed": plan.seed, **failure.fault},) if failure.fault else ()


def count(run: CampaignRun, failure: Failure, rows: Rows) -> None:
    accepted = Counter(message["openid"] for message in run.wechat.messages())
    read, cursor = ReadReport(run.wired.campaigns, run.wired.reports), None
    while True:
        entries, cursor = read(ID, 1000, cursor)
        for entry in entries:
            row = rows.setdefault((failure.name, entry.permit_kind or NONE), Row())
            row.statuses[entry.status] += 1
            row.accepted += entry.status is Status.UNKNOWN and entry.openid in accepted
            row.reached_twice += accepted[entry.openid] > 1
        if cursor is None:
            return


def table(rows: Rows) -> str:
    """As Markdown."""
    head = ["failure", "permit", "messages", *Status, "unknown, though WeChat accepted", "reached twice"]
    lines = [head, ["---"] * len(head), *(_cells(*key, row) for key, row in sorted(rows.items()))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(failure: str, kind: str, row: Row) -> Sequence[str]:
    shares = [_share(row.statuses[status], row.total) for status in Status]
    accepted, twice = _share(row.accepted, row.total), str(row.reached_twice)
    return [failure, kind, str(row.total), *shares, accepted, twice]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if part else "0"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--campaigns", type=int, default=len(FAILURES) * 2)
    parser.add_argument("--users", type=int, default=USERS, help="of each campaign")
    parser.add_argument("--seed", type=int, default=1, help="the first campaign's; the others follow")
    parser.add_argument("--failures", default="", help="only those whose name contains this text")
    parser.add_argument("--receipts", type=Receipts, choices=list(Receipts), default=Receipts.EARLY)
    asked = parser.parse_args()
    rows: Rows = {}
    with tempfile.TemporaryDirectory() as directory, running_simulator() as wechat:
        (Path(directory) / "emulator").mkdir()
        with Emulator(Path(directory) / "emulator") as emulator:
            failures = [failure for failure in FAILURES if asked.failures in failure.name]
            runs = enumerate(plans(failures, asked.campaigns, asked.users, asked.seed, asked.receipts))
            for number, (failure, plan) in runs:
                play(failure, plan, emulator.url, wechat, Path(directory) / str(number), rows)
    print(
        f"\n{asked.campaigns} campaigns to {asked.users} users from seed {asked.seed}, success events: {asked.receipts}\n"
    )
    print(table(rows))


def play(
    failure: Failure,
    plan: FaultPlan,
    aws_endpoint: str,
    wechat: SimulatorProcess,
    directory: Path,
    rows: Rows,
) -> None:
    directory.mkdir()
    with campaign_run(plan, aws_endpoint, _dynamodb(aws_endpoint), wechat, directory) as run:
        try:
            run.play()
        except AssertionError as error:
            print(f"seed {plan.seed}: {failure.name}: left out, {error}", flush=True)
            return
        count(run, failure, rows)
        happened = ", ".join(run.happened) or "no incident"
        print(f"seed {plan.seed}: {failure.name}, {plan.message_type.name}: {happened}", flush=True)


def _dynamodb(aws_endpoint: str) -> DynamoDBClient:
    return plain_json_session().client(
        "dynamodb",
        endpoint_url=aws_endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


if __name__ == "__main__":
    main()
