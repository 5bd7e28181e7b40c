"""With a Redis, what workers share is there."""

import pytest
import redis
from support.deployment import Deployment, dismantle, keep
from support.redis_server import running_redis

pytestmark = pytest.mark.emulator


def test_the_classic_token_is_shared_through_redis(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    wechat = deployment.simulator.control
    openid = wechat.add_user().openid
    forms = {"form_ids": [{"form_id": form_id} for form_id in wechat.tap(openid, 2)]}
    deployment.call("add-permits", forms, token="mp_admin", openid=openid)
    message = {"type": "template", "template_id": "T1", "touser": openid}
    with running_redis() as path:
        with redis.Redis(unix_socket_path=path) as client:
            client.config_set("requirepass", "from the secret")
        secret = keep(deployment.secrets, {"username": "", "password": "from the secret"})
        monkeypatch.setenv("REDIS_URL", f"unix://{path}")
        monkeypatch.setenv("REDIS_SECRET_ARN", secret)
        monkeypatch.setenv("WECHAT_TOKEN_MODE", "classic")
        for key in ("first", "second"):
            dismantle()  # the next function process knows nothing but what is shared
            answer = deployment.call(
                "send-messages", message, token="mp_send", headers={"idempotency-key": key}
            )
            assert answer.json["results"][0]["status"] == "sent"
        with redis.Redis(unix_socket_path=path, password="from the secret") as client:
            assert len(list(client.scan_iter())) >= 1
        dismantle()
    assert wechat.summary()["tokens_issued"]["classic"] == 1
