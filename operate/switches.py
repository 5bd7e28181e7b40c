"""Variables of make that say yes: `make … YES=1`."""

from collections.abc import Mapping

from minipush_cli.errors import CommandError, Exit

ON = frozenset({"1", "yes", "true", "on"})
OFF = frozenset({"", "0", "no", "false", "off"})


def is_on(variables: Mapping[str, str], name: str) -> bool:
    """Raises CommandError for a value that is neither: what it stands for may not be undone."""
    given = variables.get(name, "").strip().lower()
    if given not in ON | OFF:
        raise CommandError(f"{name}={variables[name]}: it is 1, or left out", Exit.USAGE)
    return given in ON
