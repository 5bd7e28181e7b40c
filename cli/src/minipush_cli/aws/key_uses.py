"""When each operator key was last used, from the deployment's Audit table."""

from datetime import datetime, timezone

from minipush_cli.aws.deployed_stack import DeployedStack

USES = "uses"


def last_uses(stack: DeployedStack) -> dict[str, str]:
    """Instants, by the name of the key."""
    pages = (
        stack.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=stack.output("AuditTable"),
            KeyConditionExpression="#log = :log",
            ExpressionAttributeNames={"#log": "log"},
            ExpressionAttributeValues={":log": {"S": USES}},
        )
    )
    return {item["entry"]["S"]: _instant(int(item["at"]["N"])) for page in pages for item in page["Items"]}


def _instant(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
