"""Calls about the account that SDKs make beside sending: quotas, WeChat's addresses, categories and templates.

Source: the pages openapi/quota/get, clear_quota, getcallbackip, newtmpl/getcategory, newtmpl/addtemplate and
newtmpl/deltemplate on developers.weixin.qq.com.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from local.simulator import bodies
from local.simulator.account.clock import Clock
from local.simulator.account.ids import Ids
from local.simulator.account.quotas import DAY, Quotas, Window
from local.simulator.account.templates import Template, Templates
from local.simulator.answers import OK, Answer, ErrcodeError

CLEARS_PER_MONTH = 10
MONTH = 30 * DAY
# Where WeChat names no limit for a call.
NO_LIMIT = 100_000_000
KIDS = range(2, 6)
LONGEST_SCENE = 15
CATEGORIES = [{"id": 616, "name": "生活服务"}]
ADDRESSES = ["127.0.0.1"]

type LimitOf = Callable[[str], tuple[str, int | None, int | None] | None]
"""By path: what its calls count as, and how many are allowed a day and a minute. None: no such path."""


class Administration:
    def __init__(
        self, clock: Clock, ids: Ids, quotas: Quotas, templates: Templates, limit_of: LimitOf
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._quotas = quotas
        self._templates = templates
        self._limit_of = limit_of
        self._clears = Window(MONTH)
        self._added: dict[tuple[str, frozenset[int]], str] = {}

    def quota(self, fields: dict[str, Any]) -> Answer:
        return quota_answer(fields, self._quotas, self._limit_of)

    def clear_quotas(self) -> Answer:
        if self._clears.count(self._clock()) > CLEARS_PER_MONTH:
            raise ErrcodeError(48006)
        self._quotas.clear()
        return OK

    def addresses(self) -> Answer:
        return {"ip_list": ADDRESSES}

    def categories(self) -> Answer:
        return {**OK, "data": CATEGORIES}

    def add_template(self, body: bytes) -> Answer:
        """In JSON or as a form: WeChat's page has had both. All fields of the new template are of the kind `thing`."""
        fields = bodies.read(body) or _form(body)
        tid, kids = fields.get("tid"), fields.get("kidList")
        if not isinstance(tid, str | int) or not str(tid).isdecimal():
            raise ErrcodeError(200014)
        if not isinstance(kids, list) or len(kids) not in KIDS or not all(type(kid) is int for kid in kids):
            raise ErrcodeError(200020)
        if len(str(fields.get("sceneDesc", ""))) > LONGEST_SCENE:
            raise ErrcodeError(200021)
        return {**OK, "priTmplId": self._add(str(tid), kids)}

    def delete_template(self, fields: dict[str, Any]) -> Answer:
        template_id = fields.get("priTmplId")
        if not self._templates.delete(template_id):
            raise ErrcodeError(200014)
        self._added = {what: id_ for what, id_ in self._added.items() if id_ != template_id}
        return OK

    def _add(self, tid: str, kids: list[int]) -> str:
        if (tid, frozenset(kids)) in self._added:
            raise ErrcodeError(200022)
        template_id = self._added[tid, frozenset(kids)] = self._ids.template_id()
        content = "\n".join(f"字段{kid}:{{{{thing{kid}.DATA}}}}" for kid in kids)
        self._templates.register(Template(template_id, title=f"模板{tid}", content=content))
        return template_id


def _form(body: bytes) -> dict[str, Any]:
    given = parse_qs(body.decode(errors="replace"))
    kids = [int(kid) for kid in given.pop("kidList", []) if kid.isdecimal()]
    return {name: values[0] for name, values in given.items()} | {"kidList": kids}


def quota_answer(fields: dict[str, Any], quotas: Quotas, limit_of: LimitOf) -> Answer:
    """What the account with these quotas is told about one path."""
    path = fields.get("cgi_path")
    if isinstance(path, str) and path.startswith("/sns/"):
        raise ErrcodeError(76022)
    limit = limit_of(path) if isinstance(path, str) else None
    if limit is None:
        raise ErrcodeError(76021)
    name, daily, minute = limit
    daily = NO_LIMIT if daily is None else daily
    used = quotas.used(name)
    quota = {"daily_limit": daily, "used": used, "remain": max(daily - used, 0)}
    rate = {} if minute is None else {"rate_limit": {"call_count": minute, "refresh_second": 60}}
    return {**OK, "quota": quota, **rate}
