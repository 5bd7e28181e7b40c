"""Writes the OpenAPI description of the routes. With --check, fails if the committed description differs."""

import json
import sys
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import MagicMock

from minipush import __version__
from minipush.container.centre_route_groups import centre_groups
from minipush.container.route_groups import mini_program_groups, operator_groups
from minipush.http.edge.openapi import FILE, describe
from minipush.http.edge.resolver import json_resolver
from minipush.http.routes import message_centre, mini_program, operators

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from minipush.http.edge.service import RouteGroup


def description() -> str:
    # The routes are described, never called: their services may be anything.
    container = cast("Any", MagicMock())
    whole = describe(
        __version__,
        {
            "Mini-programs": (_app(mini_program_groups(container)), mini_program.ROUTES),
            "Back ends and operators": (_app(operator_groups(container)), operators.ROUTES),
            "Message centre": (_app(centre_groups(container)), message_centre.ROUTES),
        },
    )
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _app(groups: "Iterable[RouteGroup]") -> "APIGatewayHttpResolver":
    app = json_resolver()
    for group in groups:
        group.add(app)
    return app


def main() -> int:
    text = description()
    if "--check" not in sys.argv:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == text:
        return 0
    print("openapi.json does not match the routes; run: python -m local.openapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
