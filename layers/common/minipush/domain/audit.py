"""The audit: what operators did, and when their keys were last used."""

from collections.abc import Mapping
from dataclasses import dataclass, field

type About = Mapping[str, str | int | list[str]]
"""What an act was about, such as `{"campaign_id": "c-…"}`: no texts of messages, no openids. The red switch has its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A request by which an operator changed something. `at` in ms; `operator`: the name of the key.

    `action`: the route, such as `POST /campaigns`. `status`: the HTTP status of the response.
    """

    at: int
    operator: str
    action: str
    request_id: str
    status: int
    about: About = field(default_factory=dict)
