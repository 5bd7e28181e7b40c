"""What the command line's doctor asks the API. It needs an operator key with the scope read."""

import os
from collections.abc import Iterator, Mapping

from minipush_cli.api import Api
from minipush_cli.doctor.check import Check, warned
from minipush_cli.doctor.connection import NoConnectionError, check_connection, check_key
from minipush_cli.doctor.deployment import check_deployment
from minipush_cli.errors import CommandError
from minipush_cli.profiles import config_path, read_configuration


def check_service(url: str, variables: Mapping[str, str]) -> Iterator[Check]:
    key = variables.get("OPERATOR_KEY") or _stored_key(url)
    api = Api(url, key, retries=0)
    try:
        yield from check_connection(api)
        if not key:
            yield warned(
                "operator key",
                "none is known here, so minipush was not asked for its state",
                f"minipush login --url {url}, or OPERATOR_KEY=…",
            )
            return
        yield from check_key(api)
        yield from check_deployment(api)
    except NoConnectionError:
        return


def _stored_key(url: str) -> str:
    """That of the profile with this address; empty if there is none."""
    try:
        profiles = read_configuration(config_path(os.environ)).profiles.values()
    except CommandError:
        return ""
    return next((one.key for one in profiles if one.url == url.rstrip("/")), "")
