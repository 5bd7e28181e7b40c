"""The way of the published articles: a loop over users, their formIds in Redis lists, a new connection per message."""

import redis
import requests

from benchmarks.cloud import MESSAGE, openids
from benchmarks.contender import Job, Send


def prepare(job: Job) -> Send:
    client: redis.Redis = redis.Redis(unix_socket_path=job.redis, decode_responses=True)

    def send() -> dict[str, float]:
        for openid in openids(job.users):
            form_ids = client.lrange(openid, 0, -1)
            client.ltrim(openid, 1, -1)
            requests.post(
                f"{job.wechat}/cgi-bin/message/wxopen/template/send",
                params={"access_token": "stub"},
                json={
                    "touser": openid,
                    "template_id": MESSAGE.template_id,
                    "form_id": form_ids[0],
                    "page": MESSAGE.page,
                    "data": MESSAGE.data,
                },
                timeout=10,
            ).json()
        return {}

    return send
