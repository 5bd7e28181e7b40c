"""`users` and `tags`: what is known of a user, and why a message did or did not come."""

from typing import Any
from urllib.parse import quote

import click

from minipush_cli.command import command
from minipush_cli.completing import complete_campaigns
from minipush_cli.context import Context
from minipush_cli.listing import cursor_option, first, show_listed
from minipush_cli.user_view import RECENT, show_reachability, show_recipient, show_timeline, show_user

IN_A_PAGE = 200
OPENID = "o6zAJs3oh85Zb1lJE8oWix57vny0"

openid_argument = click.argument("openid", metavar="OPENID")


@command("show", example=f"minipush users show {OPENID}")
@openid_argument
@click.pass_obj
def show(on: Context, openid: str) -> None:
    """Show a user's permits, settings, tags and last messages."""
    show_user(on.output, on.api.get(path_of(openid)))


@command("timeline", example=f"minipush users timeline {OPENID}")
@openid_argument
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@cursor_option
@click.pass_obj
def timeline(on: Context, openid: str, limit: int, cursor: str | None) -> None:
    """Show what happened with a user, the newest first."""
    listed = first(on.api, _timeline(openid), {}, limit, cursor, page=IN_A_PAGE)
    show_listed(on.output, listed, lambda events: show_timeline(on.output, events))


@command("why", example=f"minipush users why {OPENID} c-8d1c0a4f6b7e4d5c9a3f2e1b0c9d8e7f")
@openid_argument
@click.argument("campaign_id", metavar="[CAMPAIGN]", required=False, shell_complete=complete_campaigns)
@click.pass_obj
def why(on: Context, openid: str, campaign_id: str | None) -> None:
    """Say why a user did or did not get a campaign's message, and what to do.

    Without CAMPAIGN, say whether the user can be reached, and what happened last.
    """
    if campaign_id:
        recipient = on.api.get(f"{_campaign(campaign_id)}/recipients/{quote(openid, safe='')}")
        show_recipient(on.output, recipient, _refused_by(on, campaign_id, recipient))
    else:
        events = on.api.get(_timeline(openid), {"limit": RECENT})["items"]
        show_reachability(on.output, on.api.get(path_of(openid)), events)


def path_of(openid: str) -> str:
    return f"/users/{quote(openid, safe='')}"


def _campaign(campaign_id: str) -> str:
    return f"/campaigns/{quote(campaign_id, safe='')}"


def _refused_by(on: Context, campaign_id: str, recipient: dict[str, Any]) -> str | None:
    """Only the campaign tells what a refusal without an errcode means: app, official or, otherwise, None."""
    if recipient.get("reason") != "refused" or recipient.get("errcode") or on.output.is_json:
        return None
    campaign = on.api.get(_campaign(campaign_id))
    return "app" if campaign["audience"]["type"] == "app" else str(campaign["message"]["type"])


def _timeline(openid: str) -> str:
    return f"{path_of(openid)}/timeline"


COMMANDS = (show, timeline, why)
