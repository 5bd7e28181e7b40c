"""The way of the published articles: a loop over users, their formIds in Redis lists, a new connection per message."""

import redis
import requests

from benchmarks.cloud import body_of
from benchmarks.contender import Job, Send, openids


def prepare(job: Job) -> Send:
    client: redis.Redis = redis.Redis(unix_socket_path=job.redis, decode_responses=True)

    def send() -> dict[str, float]:
        for openid in openids(job.users):
            form_ids = client.lrange(openid, 0, -1)
            client.ltrim(openid, 1, -1)
            body = body_of(job, openid, str(form_ids[0]))
            requests.post(job.send_url, data=body, verify=job.ca or True, timeout=10).json()
        return {}

    return send
