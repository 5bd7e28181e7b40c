"""WeChat's endpoints for a mini-program and an official account, as functions of a query and a body."""

from collections.abc import Callable, Mapping
from typing import Any

from local.simulator import bodies
from local.simulator.account.administration import Administration
from local.simulator.account.clock import Clock, MovableClock
from local.simulator.account.credentials import STABLE_TOKEN, TOKEN, Account, Credentials, check_grant
from local.simulator.account.ids import Ids
from local.simulator.account.quotas import Quotas
from local.simulator.account.templates import Templates
from local.simulator.account.text_checks import TextChecks
from local.simulator.account.tokens import Tokens
from local.simulator.account.users import Users
from local.simulator.answers import Answer, ErrcodeError, refusal
from local.simulator.faults import Fault
from local.simulator.official.account import OFFICIAL_APPID, OFFICIAL_SECRET, OFFICIAL_SEND, OfficialAccount
from local.simulator.permits.popups import Popups
from local.simulator.pushes.events import FINISHED, SENT, Entry, Event
from local.simulator.pushes.outbox import Outbox
from local.simulator.sending.sends import Sends
from local.simulator.settings import SimulatorSettings

APPID = "wx5e1f0000c0ffee01"
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of the simulator only

LOG_IN = "/sns/jscode2session"
TEMPLATE_SEND = "/cgi-bin/message/wxopen/template/send"
SUBSCRIBE_SEND = "/cgi-bin/message/subscribe/send"
TEMPLATES = "/wxaapi/newtmpl/gettemplate"
TEXT_CHECK = "/wxa/msg_sec_check"
CATEGORIES = "/wxaapi/newtmpl/getcategory"
ADD_TEMPLATE = "/wxaapi/newtmpl/addtemplate"
DELETE_TEMPLATE = "/wxaapi/newtmpl/deltemplate"
QUOTA = "/cgi-bin/openapi/quota/get"
CLEAR_QUOTA = "/cgi-bin/clear_quota"
CLEAR_QUOTA_BY_SECRET = "/cgi-bin/clear_quota/v2"  # noqa: S105 - a path
CALLBACK_ADDRESSES = "/cgi-bin/getcallbackip"
API_ADDRESSES = "/cgi-bin/get_api_domain_ip"

Query = Mapping[str, str]
Endpoint = Callable[[Query, bytes], Answer]


class WeChat:
    """`delivery_fault`: by path and openid, the fault that ends the delivery of an accepted message."""

    def __init__(
        self,
        real_clock: Clock,
        *,
        appid: str,
        secret: str,
        settings: SimulatorSettings,
        seed: int | None = None,
        official_appid: str = OFFICIAL_APPID,
        official_secret: str = OFFICIAL_SECRET,
        delivery_fault: Callable[[str, str], Fault | None] = lambda *_: None,
    ) -> None:
        self.appid = appid
        self.secret = secret
        self.settings = settings
        self.clock = MovableClock(real_clock)
        self.ids = Ids(seed)
        self.quotas = Quotas(self.clock)
        self.tokens = Tokens(self.clock, self.ids)
        self.users = Users(self.clock, self.ids)
        self.templates = Templates()
        self.administration = Administration(
            self.clock, self.ids, self.quotas, self.templates, self._limit_of
        )
        self.text_checks = TextChecks(self.users, self.ids)
        self.outbox = Outbox()
        self._acted_at: dict[str, float] = {}
        self.sends = Sends(
            clock=self.clock,
            ids=self.ids,
            users=self.users,
            templates=self.templates,
            emit=self._emit,
            delivery_fault=lambda openid: delivery_fault(SUBSCRIBE_SEND, openid),
        )
        self.popups = Popups(self.templates, self.sends.subscriptions, self._emit)
        self.ledger = self.sends.ledger
        self.official = OfficialAccount(
            appid=official_appid,
            secret=official_secret,
            mini_program=appid,
            clock=self.clock,
            ids=self.ids,
            templates=self.templates,
            ledger=self.ledger,
            settings=lambda: self.settings,
            emit=self._emit_official,
            delivery_fault=lambda openid: delivery_fault(OFFICIAL_SEND, openid),
        )
        self.credentials = Credentials(
            Account(appid, secret, self.tokens, self.quotas),
            Account(official_appid, official_secret, self.official.tokens, self.official.quotas),
            lambda: self.settings,
        )
        self.endpoints = self._endpoints()

    def _endpoints(self) -> dict[str, tuple[str | None, Endpoint]]:
        """By path, the required method (None: any) and the function."""
        return {
            TOKEN: (None, self.credentials.token),
            STABLE_TOKEN: ("POST", self.credentials.stable_token),
            LOG_IN: (None, self._log_in),
            TEMPLATE_SEND: ("POST", self._template_send),
            SUBSCRIBE_SEND: ("POST", self._subscribe_send),
            TEMPLATES: ("GET", self._list_templates),
            TEXT_CHECK: ("POST", self._check_text),
            **self._account_endpoints(),
            **self.official.endpoints(),
        }

    def _account_endpoints(self) -> dict[str, tuple[str | None, Endpoint]]:
        account = self.administration
        return {
            CATEGORIES: ("GET", self._with_token(lambda _: account.categories())),
            ADD_TEMPLATE: ("POST", self._with_token(account.add_template)),
            DELETE_TEMPLATE: (
                "POST",
                self._with_token(lambda body: account.delete_template(self._parse(body))),
            ),
            QUOTA: ("POST", self._quota),
            CLEAR_QUOTA: ("POST", self._with_token(self._clear_quota)),
            CLEAR_QUOTA_BY_SECRET: ("POST", self._clear_quota_by_secret),
            CALLBACK_ADDRESSES: ("GET", self._with_token(lambda _: account.addresses())),
            API_ADDRESSES: ("GET", self._with_token(lambda _: account.addresses())),
        }

    def _with_token(self, call: Callable[[bytes], Answer]) -> Endpoint:
        def endpoint(query: Query, body: bytes) -> Answer:
            self.tokens.check(query.get("access_token"))
            return call(body)

        return endpoint

    def answer(self, method: str, path: str, query: Query, body: bytes) -> Answer:
        """Process one call."""
        if path not in self.endpoints:
            return self.refuse(ErrcodeError(40066))
        required, endpoint = self.endpoints[path]
        if required not in (None, method):
            return self.refuse(ErrcodeError(43002 if required == "POST" else 404))
        try:
            return endpoint(query, body)
        except ErrcodeError as error:
            return self.refuse(error)

    def refuse(self, error: ErrcodeError) -> Answer:
        self.ledger.errcodes[error.errcode] += 1
        return refusal(error, self.ids.rid(self.clock()))

    def _emit(self, openid: str, name: str, entries: tuple[Entry, ...]) -> None:
        """Put an event into the outbox.

        Each action of a user gets its own second, because receivers recognise a repeated event by user and second.
        """
        if not self.settings.callback_url:
            return
        at = self._time_of_event(openid, is_act=name != SENT)
        self.outbox.put(Event(openid, name, entries, at))

    def _emit_official(self, openid: str, name: str, fields: Entry) -> None:
        if not self.settings.official_callback_url:
            return
        at = self._time_of_event(openid, is_act=name != FINISHED)
        self.outbox.put(Event(openid, name, (), at, fields, is_official=True))

    def _time_of_event(self, openid: str, *, is_act: bool) -> int:
        at = self.clock.real()
        if is_act:
            at = self._acted_at[openid] = max(at, self._acted_at.get(openid, 0) + 1)
        return int(at + self.clock.offset)

    def _log_in(self, query: Query, _body: bytes) -> Answer:
        check_grant(query, "authorization_code")
        self.credentials.check_mini_program(query)
        user = self.users.log_in(query.get("js_code"))
        unionid = {"unionid": user.unionid} if self.settings.unionid else {}
        return {"openid": user.openid, "session_key": self.ids.session_key(), **unionid, "errcode": 0}

    def _template_send(self, query: Query, body: bytes) -> Answer:
        self.tokens.check(query.get("access_token"))
        if self.settings.retired:
            raise ErrcodeError(46101)
        self._count_send()
        return self.sends.template(self._parse(body), self.settings)

    def _subscribe_send(self, query: Query, body: bytes) -> Answer:
        self.tokens.check(query.get("access_token"))
        self._count_send()
        return self.sends.subscribe(self._parse(body), self.settings)

    def _list_templates(self, query: Query, _body: bytes) -> Answer:
        self.tokens.check(query.get("access_token"))
        self.quotas.count(TEMPLATES, daily=self.settings.gettemplate_daily_quota)
        return {"errcode": 0, "errmsg": "ok", "data": self.templates.listed()}

    def _check_text(self, query: Query, body: bytes) -> Answer:
        self.tokens.check(query.get("access_token"))
        self.quotas.count(
            TEXT_CHECK,
            daily=self.settings.text_check_daily_quota,
            minute=self.settings.text_check_minute_limit,
            over_minute=44991,
        )
        return self.text_checks.check(self._parse(body), self.settings)

    def _quota(self, query: Query, body: bytes) -> Answer:
        """Of the account that the token belongs to."""
        token = query.get("access_token")
        is_official = self.official.tokens.has_issued(token)
        account = self.official if is_official else self.administration
        (self.official.tokens if is_official else self.tokens).check(token)
        return account.quota(self._parse(body))

    def _clear_quota(self, body: bytes) -> Answer:
        if self._parse(body).get("appid") != self.appid:
            raise ErrcodeError(40013)
        return self.administration.clear_quotas()

    def _clear_quota_by_secret(self, query: Query, body: bytes) -> Answer:
        fields = {**query, **(bodies.read(body) or {})}
        self.credentials.check_mini_program(fields | {"secret": fields.get("appsecret")})
        return self.administration.clear_quotas()

    def _limit_of(self, path: str) -> tuple[str, int | None, int | None] | None:
        given = self.settings
        limits = {
            TOKEN: (TOKEN, given.token_daily_quota, None),
            STABLE_TOKEN: (STABLE_TOKEN, given.stable_token_daily_quota, given.stable_token_minute_limit),
            TEMPLATE_SEND: ("send", given.daily_quota, given.minute_limit),
            SUBSCRIBE_SEND: ("send", given.daily_quota, given.minute_limit),
            TEMPLATES: (TEMPLATES, given.gettemplate_daily_quota, None),
            TEXT_CHECK: (TEXT_CHECK, given.text_check_daily_quota, given.text_check_minute_limit),
        }
        return limits.get(path) or ((path, None, None) if path in self.endpoints else None)

    def _parse(self, body: bytes) -> dict[str, Any]:
        return bodies.parse(body, strict_utf8=self.settings.strict_utf8)

    def _count_send(self) -> None:
        """Both send endpoints share one quota."""
        self.quotas.count("send", daily=self.settings.daily_quota, minute=self.settings.minute_limit)
