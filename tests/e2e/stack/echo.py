"""A function for the tests: answers with its event and its context, or does what the query asks."""

import importlib.util
import json
import os
import sys
import time
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    asked = event.get("queryStringParameters") or {}
    if "raise" in asked:
        raise ValueError(asked["raise"])
    for _ in range(int(asked.get("lines", 0))):
        print(json.dumps({"status": "ok", "result": "a log line", "padding": "x" * int(asked["width"])}))
    if "die" in asked:
        os.kill(os.getpid(), 9)
    time.sleep(float(asked.get("seconds", 0)))
    return {"statusCode": 200, "body": json.dumps({"event": event, "context": describe(context)})}


def describe(context: Any) -> dict[str, Any]:
    return {
        "remaining": context.get_remaining_time_in_millis(),
        "name": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        "pid": os.getpid(),
        "leaked": sorted(name for name in os.environ if name.startswith(("OPERATOR", "WECHAT", "PYTHON"))),
        "imports": [
            name for name in ("ministack", "cryptography", "boto3") if importlib.util.find_spec(name)
        ],
        "python": sys.version_info[:2],
    }
