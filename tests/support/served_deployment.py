"""A deployment's functions behind HTTP, for commands that ask an API."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

from support.deployment import Deployment, dismantle
from support.unreliable_api import Reply, Request, UnreliableApi, serving

EVENTS = {
    "GET /health": "read-health",
    "GET /me": "read-me",
    "GET /operator": "read-operator",
    "GET /status": "read-status",
    "GET /pool": "read-pool",
    "GET /campaigns": "list-campaigns",
    "GET /templates": "list-templates",
    "GET /wechat/callback": "check-callback",
    "POST /session": "log-in",
    "POST /wechat/callback": "receive-wechat-event",
}


@contextmanager
def serving_deployment(deployment: Deployment) -> Iterator[UnreliableApi]:
    """Each request meets a process that has read the secrets just now."""

    def answer(request: Request) -> Reply:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or None
        query = dict(parse_qsl(urlsplit(request.path).query))
        dismantle()
        got = deployment.call(EVENTS[request.route], request.json, token=token, query=query or None)
        return Reply(got.status, got.raw["body"])

    with serving(answer) as server:
        yield server
