"""The routes of tags."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.ports.sweeps import SweepStore
from minipush.application.tags.change_tags import ChangeTags
from minipush.http.edge.problems import invalid
from minipush.http.schemas.base import AnyLimit, Cursor
from minipush.http.schemas.tags import ChangedResponse, ChangeTagsRequest, TagsResponse, tags_response


@dataclass(frozen=True, slots=True, kw_only=True)
class TagServices:
    sweeps: SweepStore
    change: ChangeTags


def add_tags(app: APIGatewayHttpResolver, services: TagServices) -> None:
    @app.get("/tags", operation_id="list_tags", summary="Count the users of each tag, from the last sweep")
    def get_tags(limit: AnyLimit = None, cursor: Cursor = None) -> TagsResponse:
        return tags_response(services.sweeps.tags(), limit, cursor)

    @app.post("/tags", operation_id="change_tags", summary="Add and remove tags of many users")
    def post_tags(body: ChangeTagsRequest) -> ChangedResponse:
        if faults := body.faults():
            raise invalid(faults)
        changed = services.change(body.openids, frozenset(body.add), frozenset(body.remove))
        return ChangedResponse(changed=changed)
