"""Log-ins."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from minipush.http.schemas.base import RequestModel


class SessionRequest(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "0b1Xy2Za3Kc4Wd5Ve6Uf7Tg8Sh9Ri0Qj"}]})

    code: Annotated[str, Field(min_length=1, max_length=512, description="The code that wx.login returned.")]


class SessionResponse(BaseModel):
    token: str
    expires_in: Annotated[int, Field(description="Seconds.")]
    openid: str
