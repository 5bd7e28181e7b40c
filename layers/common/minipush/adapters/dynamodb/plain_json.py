"""DynamoDB's answers without botocore's parsing, and those of other services with a JSON protocol (SQS, EventBridge).

botocore parses every answer by its model. That costs several times as much as reading the JSON, and changes only blobs
and timestamps: items in DynamoDB's own JSON need no model.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory

if TYPE_CHECKING:
    from botocore.model import Shape

# The layer has it: see trim_botocore.py. Where it's missing, botocore reads its own data.
FASTER_DATA = Path(botocore.session.__file__).with_name("data") / "minipush"


def plain_json_session() -> boto3.Session:
    """A session whose clients read JSON as it is. Errors, retries and metadata remain botocore's."""
    session = botocore.session.get_session()
    session.set_config_variable("data_path", str(FASTER_DATA))
    session.register_component("response_parser_factory", _PlainParsers())
    return boto3.Session(botocore_session=session)


class _PlainParsers(ResponseParserFactory):
    def create_parser(self, protocol: str) -> ResponseParser:
        return _PlainJSON() if protocol == "json" else super().create_parser(protocol)


class _PlainJSON(JSONParser):
    def parse(self, response: Mapping[str, Any], shape: "Shape | None") -> Any:
        if response["status_code"] >= 300:
            return super().parse(response, shape)  # type: ignore[arg-type]  # None: no model
        # Without a shape, botocore reads only the headers.
        return super().parse(response, None) | json.loads(response["body"] or b"{}")  # type: ignore[arg-type]
