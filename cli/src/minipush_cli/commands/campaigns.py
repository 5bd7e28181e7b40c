"""`campaigns`: creating, watching and stopping campaigns."""

from typing import Any
from urllib.parse import quote

import click

from minipush_cli.campaign_view import STATUSES, list_campaigns, show_campaign, show_estimate
from minipush_cli.command import command
from minipush_cli.completing import complete_campaigns
from minipush_cli.context import Context
from minipush_cli.errors import ApiError, CommandError, before_a_repeat
from minipush_cli.files import FILE, read_json
from minipush_cli.idempotency import idempotency_key
from minipush_cli.listing import first, limit_options, show_listed
from minipush_cli.output import confirm, ensure_someone_can_be_asked, say
from minipush_cli.texts import seconds_since

ID = "c-8d1c0a4f6b7e4d5c9a3f2e1b0c9d8e7f"
# What a copy of a campaign is made from.
PLAN = ("name", "message", "audience", "schedule", "max_per_second", "frequency_cap")

campaign_argument = click.argument("campaign_id", metavar="ID", shell_complete=complete_campaigns)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
key_option = click.option(
    "--key", metavar="KEY", help="The Idempotency-Key of an earlier try: it makes one campaign."
)


@command("list", example="minipush campaigns list --status running")
@click.option("--status", type=click.Choice(STATUSES))
@limit_options
@click.pass_obj
def list_(on: Context, status: str | None, limit: int, cursor: str | None) -> None:
    """List campaigns, the newest first."""
    found = first(on.api, "/campaigns", {"status": status}, limit, cursor)
    show_listed(on.output, found, lambda items: list_campaigns(on.output, items))


@command("show", example=f"minipush campaigns show {ID}")
@campaign_argument
@click.pass_obj
def show(on: Context, campaign_id: str) -> None:
    """Show a campaign: what it sends, to whom, and how far it is."""
    show_campaign(on.output, on.api.get(path_of(campaign_id)))


@command("dry-run", example="minipush campaigns dry-run campaign.json")
@click.argument("file", type=FILE)
@click.pass_obj
def dry_run(on: Context, file: str) -> None:
    """Compute whom the campaign in FILE would reach, how long that takes and what it costs. Nothing is sent."""
    show_estimate(on.output, _estimate(on, read_json(file)))


@command("make", example="minipush campaigns make campaign.json")
@click.argument("file", type=FILE)
@yes_option
@key_option
@click.option("--dry-run", is_flag=True, help="As campaigns dry-run.")
@click.pass_obj
def make(on: Context, file: str, yes: bool, key: str | None, dry_run: bool) -> None:
    """Create the campaign in FILE. It starts at once, or at its schedule.

    FILE contains JSON as POST /campaigns takes it. Without --yes, the campaign is estimated first, and you are asked.
    """
    plan = read_json(file)
    if dry_run or plan.get("dry_run"):
        show_estimate(on.output, _estimate(on, plan))
        return
    _create(on, plan, yes=yes, key=key)


@command("copy", example=f"minipush campaigns copy {ID} --name 'Evening classes, again'")
@campaign_argument
@click.option("--name", metavar="TEXT", help="The name of the copy; otherwise that of the original.")
@yes_option
@key_option
@click.pass_obj
def copy(on: Context, campaign_id: str, name: str | None, yes: bool, key: str | None) -> None:
    """Create a campaign like this one. A schedule in the past is left out."""
    original = on.api.get(path_of(campaign_id))
    _create(on, _copied(original, name), yes=yes, key=key)


@command("edit", example=f"minipush campaigns edit {ID} changes.json")
@campaign_argument
@click.argument("file", type=FILE)
@click.pass_obj
def edit(on: Context, campaign_id: str, file: str) -> None:
    """Change a campaign that has not started. FILE contains the fields that change."""
    show_campaign(on.output, on.api.patch(path_of(campaign_id), read_json(file)))


@command("pause", example=f"minipush campaigns pause {ID}")
@campaign_argument
@click.pass_obj
def pause(on: Context, campaign_id: str) -> None:
    """Pause a campaign. Within a second, nothing more goes out."""
    _step(on, campaign_id, "pause")


@command("resume", example=f"minipush campaigns resume {ID}")
@campaign_argument
@click.pass_obj
def resume(on: Context, campaign_id: str) -> None:
    """Resume a paused campaign where it stopped."""
    _step(on, campaign_id, "resume")


@command("cancel", example=f"minipush campaigns cancel {ID}")
@campaign_argument
@yes_option
@click.pass_obj
def cancel(on: Context, campaign_id: str, yes: bool) -> None:
    """End a campaign for good."""
    if not yes:
        campaign = on.api.get(path_of(campaign_id))
        confirm(f"Cancel {campaign['name']!r} ({campaign['status']}) for good?")
    _step(on, campaign_id, "cancel")


def path_of(campaign_id: str) -> str:
    return f"/campaigns/{quote(campaign_id, safe='')}"


def _estimate(on: Context, plan: dict[str, Any]) -> dict[str, Any]:
    return on.api.post("/campaigns", {**plan, "dry_run": True}, is_safe=True)


def _create(on: Context, plan: dict[str, Any], *, yes: bool, key: str | None) -> None:
    if not yes:
        ensure_someone_can_be_asked()
        _ask(on, plan)
    show_campaign(on.output, on.api.post("/campaigns", plan, once=idempotency_key(key)))


def _ask(on: Context, plan: dict[str, Any]) -> None:
    """With the estimate, where there is one: an audience can be too large for it."""
    try:
        estimate = _estimate(on, plan)
    except ApiError as error:
        if error.problem != "estimate-timeout":
            raise
        say("The audience is too large to estimate in time.")
        confirm(f"Send {plan.get('name')!r}?")
        return
    show_estimate(on.output.beside(), estimate)
    confirm(f"Send {plan.get('name')!r} to {estimate['recipients']:,} users?")


def _copied(original: dict[str, Any], name: str | None) -> dict[str, Any]:
    if original["audience"]["type"] == "app":
        raise CommandError("this is the broadcast of an app; only the app can send it again")
    if original["audience"].get("count") is not None:
        raise CommandError("the API does not list so many openids; make the campaign from its file")
    plan = {field: original[field] for field in PLAN if original.get(field) is not None}
    if _is_past(original):
        plan.pop("schedule", None)
    return {**plan, "name": name or original["name"]}


def _is_past(campaign: dict[str, Any]) -> bool:
    schedule = campaign.get("schedule")
    return schedule is not None and seconds_since(schedule["at"]) > 0


def _step(on: Context, campaign_id: str, step: str) -> None:
    with before_a_repeat(f"See whether it took effect: minipush campaigns show {campaign_id}"):
        campaign = on.api.post(f"{path_of(campaign_id)}/{step}")
    show_campaign(on.output, campaign)


COMMANDS = (list_, show, dry_run, make, copy, edit, pause, resume, cancel)
