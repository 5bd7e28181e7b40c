"""`campaigns watch`: the progress of a campaign, until it ends."""

import time
from typing import Any

import click

from minipush_cli.campaign_view import counts_text, show_campaign, status, why
from minipush_cli.command import command
from minipush_cli.commands.campaigns import ID, campaign_argument, path_of
from minipush_cli.context import Context
from minipush_cli.errors import Exit, UnreachableError
from minipush_cli.output import Steps, progress, say

ENDED = ("completed", "cancelled", "failed")
PATIENCE_SECONDS = 600.0  # how long minipush may be unreachable


@command("watch", example=f"minipush campaigns watch {ID} && echo completed")
@campaign_argument
@click.option(
    "--every",
    type=click.FloatRange(0.2, 600),
    default=2.0,
    show_default=True,
    help="Seconds between two looks.",
)
@click.pass_obj
def watch(on: Context, campaign_id: str, every: float) -> int:
    """Show a campaign's progress until it ends. Ctrl-C leaves the campaign alone.

    The exit code is 0 only if the campaign is completed, and 1 if it failed, was cancelled, or paused by itself.
    """
    with progress(campaign_id) as steps:
        campaign = _watched(on, campaign_id, every, steps)
    show_campaign(on.output, campaign)
    if campaign["status"] == "completed":
        return Exit.OK
    say(f"{campaign['name']} is {status(campaign)}. {why(campaign)}".strip())
    return Exit.FAILED


def _watched(on: Context, campaign_id: str, every: float, steps: Steps) -> dict[str, Any]:
    """The campaign as it ended, or as it paused by itself. A lost connection is waited for."""
    last_answer = time.monotonic()
    while True:
        try:
            campaign = on.api.get(path_of(campaign_id))
        except UnreachableError:
            if time.monotonic() - last_answer > PATIENCE_SECONDS:
                raise
        else:
            last_answer = time.monotonic()
            if _is_over(campaign):
                return campaign
            _show_progress(campaign, steps)
        time.sleep(every)


def _is_over(campaign: dict[str, Any]) -> bool:
    """An operator who paused the campaign will resume it; one that paused by itself needs somebody."""
    return campaign["status"] in ENDED or (campaign["status"] == "paused" and bool(campaign.get("reason")))


def _show_progress(campaign: dict[str, Any], steps: Steps) -> None:
    made = campaign["progress"]
    seen, expected = made.get("seen", made["segments_done"]), made.get("expected", made["segments"])
    steps.to(seen, expected, f"{campaign['name']}: {status(campaign)}, {counts_text(campaign)}")


COMMANDS = (watch,)
