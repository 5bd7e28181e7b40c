"""The routes of the official account."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from minipush.application.followers.sync_followers import StartFollowerSync
from minipush.application.ports.followers import FollowerSyncStore
from minipush.errors import OfficialAccountOffError
from minipush.http.edge.resolver import described, json_response
from minipush.http.schemas.official import FollowerSyncResponse, LastFollowerSync


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialServices:
    start_sync: StartFollowerSync
    syncs: FollowerSyncStore


def add_official(app: APIGatewayHttpResolver, services: Callable[[], OfficialServices | None]) -> None:
    """`services` gives None if the deployment has no official account."""

    def present() -> OfficialServices:
        if (found := services()) is None:
            raise OfficialAccountOffError
        return found

    @app.post(
        "/official/sync",
        operation_id="sync_followers",
        summary="Read all followers of the official account, in the background",
        responses={202: described(FollowerSyncResponse)},
    )
    def post_sync() -> Response[str]:
        sync = FollowerSyncResponse.of(present().start_sync())
        return json_response(sync.model_dump(mode="json"), HTTPStatus.ACCEPTED)

    @app.get(
        "/official/sync", operation_id="read_follower_sync", summary="Read how far the sync of followers is"
    )
    def get_sync() -> LastFollowerSync:
        sync = present().syncs.read()
        return LastFollowerSync(sync=FollowerSyncResponse.of(sync) if sync else None)
