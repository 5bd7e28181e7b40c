"""What every command gets: the deployment that is meant, and the way to answer."""

import os
from functools import cached_property
from typing import TYPE_CHECKING

from minipush_cli.output import Output
from minipush_cli.profiles import Profile, choose_profile

if TYPE_CHECKING:
    from minipush_cli.api import Api


class Context:
    """`profile`: the name that was asked for. The deployment is looked up on first use."""

    def __init__(self, profile: str | None, output: str) -> None:
        self.profile = profile
        self.output = Output(output)

    @cached_property
    def deployment(self) -> Profile:
        return choose_profile(self.profile, os.environ)

    @cached_property
    def api(self) -> "Api":
        return self.connect()

    def connect(self, *, connections: int = 1) -> "Api":
        from minipush_cli.api import Api

        return Api(self.deployment.url, self.deployment.key, connections=connections)
