"""What the shell proposes. A deployment that does not answer costs a second at most, and prints nothing."""

import os
from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

SECONDS = 0.8
PROPOSED = 50

Proposals = list[CompletionItem]


def _quietly(propose: Callable[[click.Context, str], Proposals]) -> Callable[..., Proposals]:
    def complete(context: click.Context, _: click.Parameter, incomplete: str) -> Proposals:
        try:
            return propose(context, incomplete)
        except Exception:  # noqa: BLE001  # a shell that waits for Tab has no use for any error
            return []

    return complete


@_quietly
def complete_profiles(_: click.Context, incomplete: str) -> Proposals:
    from minipush_cli.profiles import config_path, read_configuration

    profiles = read_configuration(config_path(os.environ)).profiles.values()
    return [CompletionItem(one.name, help=one.url) for one in profiles if one.name.startswith(incomplete)]


@_quietly
def complete_campaigns(context: click.Context, incomplete: str) -> Proposals:
    newest = _api(context).get("/campaigns", {"limit": PROPOSED})["items"]
    return [CompletionItem(one["id"], help=one["name"]) for one in newest if one["id"].startswith(incomplete)]


@_quietly
def complete_templates(context: click.Context, incomplete: str) -> Proposals:
    account = "official" if context.params.get("type_") == "official" else None
    known = _api(context).get("/templates", {"limit": 100, "account": account})["items"]
    return [
        CompletionItem(one["template_id"], help=one["title"])
        for one in known
        if one["template_id"].startswith(incomplete)
    ]


def _api(context: click.Context) -> Any:
    from minipush_cli.api import Api
    from minipush_cli.profiles import choose_profile

    deployment = choose_profile(context.find_root().params.get("profile"), os.environ)
    return Api(deployment.url, deployment.key, retries=0, seconds=SECONDS)
