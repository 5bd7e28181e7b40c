"""WeChat's endpoints for the official account. It has tokens, quotas and templates of its own."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from local.simulator import bodies
from local.simulator.account.administration import quota_answer
from local.simulator.account.clock import Clock
from local.simulator.account.ids import Ids
from local.simulator.account.quotas import Quotas
from local.simulator.account.templates import Templates
from local.simulator.account.tokens import Tokens
from local.simulator.answers import Answer
from local.simulator.faults import Fault
from local.simulator.official.followers import Follower, Followers
from local.simulator.official.template_sends import TemplateSends
from local.simulator.pushes import events
from local.simulator.sending.ledger import Ledger
from local.simulator.settings import SimulatorSettings

OFFICIAL_APPID: Final = "wx5e1f0000c0ffee02"
OFFICIAL_SECRET: Final = "fedcba9876543210fedcba9876543210"  # noqa: S105 - of the simulator only

OFFICIAL_SEND: Final = "/cgi-bin/message/template/send"
FOLLOWER_LIST: Final = "/cgi-bin/user/get"
FOLLOWER_INFO: Final = "/cgi-bin/user/info"
FOLLOWER_INFOS: Final = "/cgi-bin/user/info/batchget"
OFFICIAL_TEMPLATES: Final = "/cgi-bin/template/get_all_private_template"

type Query = Mapping[str, str]
type Endpoint = Callable[[Query, bytes], Answer]
type Emit = Callable[[str, str, Mapping[str, str | int]], None]
"""openid, the event's name, its own fields"""


class OfficialAccount:
    """`settings` is called for each request. `mini_program`: the appid of the mini-program that is bound to the account."""

    def __init__(
        self,
        *,
        appid: str,
        secret: str,
        mini_program: str,
        clock: Clock,
        ids: Ids,
        templates: Templates,
        ledger: Ledger,
        settings: Callable[[], SimulatorSettings],
        emit: Emit,
        delivery_fault: Callable[[str], Fault | None],
    ) -> None:
        self.appid = appid
        self.secret = secret
        self._settings = settings
        self._emit = emit
        self._templates = templates
        self.quotas = Quotas(clock)
        self.tokens = Tokens(clock, ids)
        self.followers = Followers(clock, ids)
        self.sends = TemplateSends(
            clock=clock,
            ids=ids,
            followers=self.followers,
            templates=templates,
            ledger=ledger,
            finish=self._finish,
            delivery_fault=delivery_fault,
            mini_program=mini_program,
        )

    def endpoints(self) -> dict[str, tuple[str | None, Endpoint]]:
        return {
            OFFICIAL_SEND: ("POST", self._send),
            FOLLOWER_LIST: ("GET", self._list_followers),
            FOLLOWER_INFO: ("GET", self._follower_info),
            FOLLOWER_INFOS: ("POST", self._follower_infos),
            OFFICIAL_TEMPLATES: ("GET", self._list_templates),
        }

    def follow(self, unionid: str) -> Follower:
        follower = self.followers.follow(unionid)
        self._emit(follower.openid, events.SUBSCRIBE, {"EventKey": ""})
        return follower

    def unfollow(self, follower: Follower) -> None:
        follower.follows = False
        self._emit(follower.openid, events.UNSUBSCRIBE, {"EventKey": ""})

    def scan(self, follower: Follower, scene: str) -> None:
        """A follower scans a QR code of the account."""
        self._emit(follower.openid, events.SCAN, {"EventKey": scene, "Ticket": "TICKET"})

    def _finish(self, openid: str, msgid: int, status: str) -> None:
        """With a client_msg_id, one report of 2023 says, the event's MsgID is 0."""
        reported = 0 if self._settings().finish_msgid_zero else msgid
        self._emit(openid, events.FINISHED, {"MsgID": reported, "Status": status})

    def _send(self, query: Query, body: bytes) -> Answer:
        settings = self._checked(query)
        self.quotas.count(
            OFFICIAL_SEND, daily=settings.official_daily_quota, minute=settings.official_minute_limit
        )
        return self.sends.send(self._parse(body), settings)

    def quota(self, fields: dict[str, Any]) -> Answer:
        return quota_answer(fields, self.quotas, self._limit_of)

    def _limit_of(self, path: str) -> tuple[str, int | None, int | None] | None:
        settings = self._settings()
        if path == OFFICIAL_SEND:
            return path, settings.official_daily_quota, settings.official_minute_limit
        return (path, None, None) if path in self.endpoints() else None

    def _list_followers(self, query: Query, _body: bytes) -> Answer:
        settings = self._checked(query)
        return self.followers.page(query.get("next_openid", ""), settings.follower_page)

    def _follower_info(self, query: Query, _body: bytes) -> Answer:
        self._checked(query)
        return self.followers.info(query.get("openid"))

    def _follower_infos(self, query: Query, body: bytes) -> Answer:
        self._checked(query)
        return self.followers.infos(self._parse(body))

    def _list_templates(self, query: Query, _body: bytes) -> Answer:
        self._checked(query)
        return {"template_list": self._templates.listed_private()}

    def _checked(self, query: Query) -> SimulatorSettings:
        self.tokens.check(query.get("access_token"))
        return self._settings()

    def _parse(self, body: bytes) -> dict[str, Any]:
        return bodies.parse(body, strict_utf8=self._settings().strict_utf8)
