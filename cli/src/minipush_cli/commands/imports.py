"""To come."""

import click


def register(main: click.Group) -> None: ...
