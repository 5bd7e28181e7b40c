"""The routes of tags."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.ports.sweeps import SweepStore
from minipush.http.schemas.tags import TagsResponse, tags_response


@dataclass(frozen=True, slots=True, kw_only=True)
class TagServices:
    sweeps: SweepStore


def add_tags(app: APIGatewayHttpResolver, services: TagServices) -> None:
    @app.get("/tags", operation_id="list_tags", summary="Count the users of each tag, from the last sweep")
    def get_tags() -> TagsResponse:
        return tags_response(services.sweeps.tags())
