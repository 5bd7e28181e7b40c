"""The route by which a mini-program reports its user's permits."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.metric_names import Count
from minipush.application.metrics import of_permits
from minipush.application.permits.collect_permits import CollectPermits
from minipush.application.record_statistics import RecordStatistics
from minipush.domain.statistics import Activity
from minipush.http.edge.resolver import caller_of
from minipush.http.schemas.collect import CollectRequest, CollectResponse, collect_response


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectServices:
    collect_permits: CollectPermits
    count: Count
    record: RecordStatistics


def add_collect(app: APIGatewayHttpResolver, services: CollectServices) -> None:
    @app.post("/collect", operation_id="collect_permits", summary="Report the user's permits")
    def post_collect(body: CollectRequest) -> CollectResponse:
        result = services.collect_permits(caller_of(app).name, body.reported())
        services.count(of_permits(result))
        services.record(Activity(collected=result.permits))
        return collect_response(body, result)
