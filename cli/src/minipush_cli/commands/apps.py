"""`apps`: third parties' mini-programs that write into the message centre's inboxes."""

import sys
from getpass import getpass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.errors import ApiError, CommandError, Exit, before_a_repeat
from minipush_cli.listing import Listed, first
from minipush_cli.output import read_line, say
from minipush_cli.profiles import checked_key
from minipush_cli.texts import instant, number, seconds_since

if TYPE_CHECKING:
    from minipush_cli.api import Api

APPID = "wx5e1f0000c0ffee02"
AFTER_A_LOST_ONE = (
    "It may have taken effect, and the app has the secret that was lost beside the one in use. A repeat then ends the one in "
    "use at once: see whether a secret was made (make audit), and repeat it when the app can change to the new one right away."
)
RECORD = ("at", "by", "act", "kind", "until", "#points", "rule", "note")

appid_argument = click.argument("appid", metavar="APPID")


@command("list", example="minipush apps list")
@click.pass_obj
def list_(on: Context) -> None:
    """List the apps that are registered, with their status."""
    found = on.api.items("/centre/apps")
    if on.output.is_json:
        on.output.json_list(found)
        return
    rows = [
        (one["appid"], one["name"], one["status"], one["contact"], instant(one["registered_at"]))
        for one in found
    ]
    on.output.table(["appid", "name", "status", "contact", "registered"], rows)


@command("show", example=f"minipush apps show {APPID}")
@appid_argument
@click.option("--record-lines", type=click.IntRange(1), default=20, show_default=True, metavar="N")
@click.pass_obj
def show(on: Context, appid: str, record_lines: int) -> None:
    """Show an app, and the last decisions about it."""
    app = on.api.get(app_path(appid))
    record = _record(on, appid, record_lines)
    if on.output.is_json:
        on.output.json({**app, "record": record.items, "record_next_cursor": record.next_cursor})
        return
    on.output.pairs([(name, app[field]) for name, field in _FIELDS])
    on.output.pairs([("registered", instant(app["registered_at"])), *_limits(app), *_standing(app)])
    if record.items:
        on.output.blank()
        on.output.table(RECORD, map(_line, record.items))
    if record.next_cursor:
        say(f"The record has more than these {record_lines} lines. For more of them, add --record-lines.")


@command("register", example=f"minipush apps register {APPID} --name 某某商城 --contact ops@shop.example")
@appid_argument
@click.option("--name", required=True, metavar="TEXT", help="What users see. They rely on it: check it.")
@click.option("--icon-url", metavar="URL")
@click.option("--summary", metavar="TEXT", help="What it sends, for the page where users consent.")
@click.option("--contact", metavar="TEXT", help="Of the app's owner.")
@click.option("--owner-openid", metavar="OPENID", help="Whose log-ins its texts are checked under.")
@click.pass_obj
def register(on: Context, /, appid: str, **fields: str | None) -> None:
    """Register an app, and print its secret. It cannot be read again."""
    with before_a_repeat(
        f"See whether it took effect: minipush apps show {appid}. Then: minipush apps secret {appid}"
    ):
        answer = _registered(on, {"appid": appid, **_given(fields)})
    _show_secret(on, answer)


@command("change", example=f"minipush apps change {APPID} --contact ops@shop.example")
@appid_argument
@click.option("--name", metavar="TEXT", help="What users see. They rely on it: check it.")
@click.option("--icon-url", metavar="URL")
@click.option("--summary", metavar="TEXT", help="What it sends, for the page where users consent.")
@click.option("--contact", metavar="TEXT", help="Of the app's owner.")
@click.option(
    "--owner-openid", metavar="OPENID", help="Whose log-ins its texts are checked under; '' for nobody."
)
@click.pass_obj
def change(on: Context, /, appid: str, **fields: str | None) -> None:
    """Change what is registered of an app. What is not named stays as it is."""
    named: dict[str, str | None] = {**_given(fields)}
    if not named:
        raise CommandError("what changes? Name a field, such as --contact", Exit.USAGE)
    if named.get("owner_openid") == "":
        named["owner_openid"] = None
    app = on.api.patch(app_path(appid), named)
    if on.output.is_json:
        on.output.json(app)
        return
    on.output.pairs([(name, app[field]) for name, field in _FIELDS])


@command("limit", example=f"minipush apps limit {APPID} --broadcasts-per-day 2")
@appid_argument
@click.option("--per-second", type=int, metavar="N", help="Requests.")
@click.option("--to-user-per-hour", type=int, metavar="N", help="Messages to one user.")
@click.option("--to-user-per-day", type=int, metavar="N", help="Messages to one user.")
@click.option("--broadcasts-per-day", type=int, metavar="N", help="0 forbids them.")
@click.pass_obj
def limit(on: Context, /, appid: str, **limits: int | None) -> None:
    """Say how much an app may push. A limit that is not named stays as it is."""
    named = {name: most for name, most in limits.items() if most is not None}
    if not named:
        raise CommandError("which limit? Name one, such as --broadcasts-per-day", Exit.USAGE)
    app = on.api.patch(app_path(appid), {"limits": named})
    if on.output.is_json:
        on.output.json(app)
        return
    on.output.pairs(_limits(app))


@command("secret", example="minipush apps secret < old-secret.txt")
@click.argument("appid", metavar="[APPID]", required=False)
@click.pass_obj
def secret(on: Context, appid: str | None) -> None:
    """Get a further secret with an app's present one, which is asked for or comes from standard input.

    With APPID, your own key gets it, for an app that has lost its secrets. The newest two are valid. The older of two
    ends at once.
    """
    api, path = (on.api, f"{app_path(appid)}/secret") if appid else (_as_app(on), "/centre/app/secret")
    with before_a_repeat(AFTER_A_LOST_ONE):
        answer = api.post(path)
    _show_secret(on, answer)


def _given(fields: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def _registered(on: Context, app: dict[str, str]) -> dict[str, Any]:
    try:
        return on.api.post("/centre/apps", app)
    except ApiError as error:
        if error.problem != "app-exists":
            raise
        commands = f"minipush apps change {app['appid']}; minipush apps secret {app['appid']}"
        raise CommandError(
            f"{app['appid']} is registered already. To change it, or for a further secret: {commands}",
            error.code,
        ) from None


def _as_app(on: Context) -> "Api":
    present = read_line() if not sys.stdin.isatty() else getpass("The app's secret: ").strip()
    # It loads urllib3, which --help does without.
    from minipush_cli.api import Api

    return Api(on.deployment.url, checked_key(present, "an app's secret"))


def _record(on: Context, appid: str, lines: int) -> Listed:
    try:
        return first(on.api, f"{app_path(appid)}/record", {}, lines)
    except ApiError as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        say("The record of an app is for keys with the scope moderate.")
        return Listed([], None)


def _limits(app: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), number(most)) for name, most in app["limits"].items()]


def _standing(app: dict[str, Any]) -> list[tuple[str, str]]:
    """The points that count, and the sanctions in force."""
    points, sanctions = app.get("points", []), app.get("sanctions", [])
    total = sum(one["points"] for one in points)
    oldest = f", the oldest until {instant(points[0]['expires_at'])}" if points else ""
    in_force = [one for one in sanctions if one["until"] is None or seconds_since(one["until"]) < 0]
    lines = [("in force", f"{one['id']}: {sanction_text(one)}") for one in in_force]
    return [("points", f"{total}{oldest}"), *lines]


def sanction_text(one: dict[str, Any]) -> str:
    until = f"until {instant(one['until'])}" if one["until"] else "for good"
    return f"{one['kind']} {until} ({one['rule']})"


def app_path(appid: str) -> str:
    return f"/centre/apps/{quote(appid, safe='')}"


_FIELDS = (
    ("appid", "appid"),
    ("name", "name"),
    ("status", "status"),
    ("summary", "summary"),
    ("icon", "icon_url"),
    ("contact", "contact"),
    ("owner", "owner_openid"),
)


def _line(entry: dict[str, Any]) -> tuple[Any, ...]:
    until = instant(entry["until"]) if entry.get("until") else ""
    return (
        instant(entry["at"]),
        *(entry.get(name) for name in ("by", "act", "kind")),
        until,
        *(entry.get(name) for name in ("points", "rule", "note")),
    )


def _show_secret(on: Context, answer: dict[str, Any]) -> None:
    if on.output.is_json:
        on.output.json(answer)
        return
    click.echo(answer["secret"])
    say("Keep it now: it cannot be read again.")


COMMANDS = (list_, show, register, change, limit, secret)
