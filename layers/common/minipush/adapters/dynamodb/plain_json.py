"""DynamoDB's answers as they stand in their bodies.

botocore walks every answer along its model. That costs several times what reading the JSON does, and changes
nothing but blobs and the timestamps of tables: an item in DynamoDB's own JSON needs no model to be read.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory

if TYPE_CHECKING:
    from botocore.model import Shape


def plain_json_session() -> boto3.Session:
    """For DynamoDB's client; errors, retries and metadata are botocore's own."""
    session = botocore.session.get_session()
    session.register_component("response_parser_factory", _PlainParsers())
    return boto3.Session(botocore_session=session)


class _PlainParsers(ResponseParserFactory):
    def create_parser(self, protocol: str) -> ResponseParser:
        return _PlainJSON() if protocol == "json" else super().create_parser(protocol)


class _PlainJSON(JSONParser):
    def parse(self, response: Mapping[str, Any], shape: "Shape | None") -> Any:
        if response["status_code"] >= 300:
            return super().parse(response, shape)  # type: ignore[arg-type]  # None: nothing is modelled
        # Without a shape botocore reads the headers only.
        return super().parse(response, None) | json.loads(response["body"] or b"{}")  # type: ignore[arg-type]
