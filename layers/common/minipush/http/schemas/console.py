"""The console's session, and whose key it is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from minipush.domain.timestamps import iso
from minipush.http.edge.access import Caller
from minipush.http.edge.scopes import OPERATOR_SCOPES
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, Instant, RequestModel


class ConsoleSessionRequest(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"key": "mp_0b1Xy2Za3Kc4Wd5Ve6Uf7Tg8"}]})

    key: Annotated[SecretStr, Field(min_length=1, max_length=512, description="An operator key.")]


class OperatorResponse(BaseModel):
    name: Annotated[str, Field(description="The name of the operator key.")]
    scopes: list[str]
    session_until: Annotated[Instant | None, LEFT_OUT_IF_NONE] = None


def operator_response(caller: Caller) -> OperatorResponse:
    scopes = sorted(scope.value for scope in caller.scopes & OPERATOR_SCOPES)
    until = None if caller.session_until is None else iso(caller.session_until)
    return OperatorResponse(name=caller.name, scopes=scopes, session_until=until)
