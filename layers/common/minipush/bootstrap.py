"""Wires the collaborators, each on first use, and keeps them for warm invocations.

What only one function needs is imported where it is wired, so that the others start without it.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from minipush.settings import Settings
from minipush.wiring.clients import milliseconds
from minipush.wiring.use_cases import UseCases

if TYPE_CHECKING:
    from minipush.domain.campaigns import Campaign
    from minipush.http.edge.service import Service
    from minipush.http.routes.callback import WeChatCallback
    from minipush.wechat.events import SendResult


@cache
def collaborators() -> "Collaborators":
    return Collaborators(Settings.read(os.environ))


class Collaborators(UseCases):
    def answer_collect(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """WeChat's callback takes bodies as they come; all else is JSON."""
        from minipush.http.routes.callback import ROUTES

        if event.get("routeKey") in ROUTES:
            return self.wechat_callback(event, context)
        return self.mini_program_service(event, context)

    @cached_property
    def wechat_callback(self) -> "WeChatCallback":
        from minipush.adapters.dynamodb.state.processed_events import DynamoProcessedEvents
        from minipush.application.events.handle_wechat_event import HandleWeChatEvent
        from minipush.application.permits.collect_permits import CollectPermits
        from minipush.http.routes.callback import WeChatCallback

        by_event = self._settings.subscription_source == "callback"
        collect = CollectPermits(self.users, milliseconds, self._settings.permits_per_user)
        heard = DynamoProcessedEvents(self.dynamodb, self._settings.state_table)
        counted = collect if by_event else None
        hear = HandleWeChatEvent(self.users, heard, counted, self.templates, self._note, milliseconds)
        return WeChatCallback(self.read_callback, hear, self.count, self.name_request)

    def _note(self, openid: str, at: int, failure: "SendResult") -> None:
        """Few messages fail so late: what it takes is loaded with the first one."""
        from minipush.application.events.reasons import reason_of
        from minipush.domain.deliveries import ReportedFailure

        self._note_undelivered(
            ReportedFailure(
                openid=openid,
                template_id=failure.template_id,
                msgid=failure.msgid,
                errcode=failure.errcode,
                reason=reason_of(failure.errcode),
                at=at,
            )
        )

    @cached_property
    def mini_program_service(self) -> "Service":
        from minipush.application.permits.log_in import LogIn
        from minipush.http.edge.service import Service
        from minipush.http.routes import mini_program
        from minipush.wechat.sessions import Sessions

        sessions = Sessions(self.transport, self._settings.wechat_appid, self._app_secret)
        app = mini_program.mini_program_app(
            LogIn(sessions, self.users, milliseconds),
            self.collect_permits,
            self.users,
            self.access,
            self.count,
            self._next_ask,
        )
        return Service(app, mini_program.ROUTES, self.access, self.name_request)

    @cached_property
    def operators_service(self) -> "Service":
        from minipush.adapters.dynamodb.state.idempotency import DynamoIdempotencyStore
        from minipush.application.idempotency import Idempotency
        from minipush.http.edge.service import Service
        from minipush.http.routes import operators

        answers = DynamoIdempotencyStore(self.dynamodb, self._settings.state_table)
        app = operators.operators_app(
            self.send_messages,
            self._loop.run,
            Idempotency(answers, milliseconds),
            self._campaign_uses,
            self._template_uses,
            self.collect_permits,
            self.users,
            self.sweeps,
            milliseconds,
            self.count,
        )
        return Service(app, operators.ROUTES, self.access, self.name_request)

    def fired(self, event: Mapping[str, Any]) -> "Campaign | None":
        """What a rule or a schedule hands over. Raises ValueError where that is no campaign."""
        if "campaign_id" in event:
            return self.campaign_lifecycle.start(str(event["campaign_id"]))
        from minipush.domain.deliveries import campaign_id_of_occurrence
        from minipush.http.schemas.campaign_requests import parse_fired

        fired = parse_fired(event)
        return self.create_campaign(fired.plan, campaign_id_of_occurrence(fired.occurrence), fired.text_check)

    def carry(self, campaign_id: str, number: int, deadline: float, keep_alive: "Callable[[], None]") -> None:
        from minipush.http.edge.metrics import of_campaign

        counts = self._loop.run(self._carry_segment(campaign_id, number, deadline, keep_alive))
        if counts.total:
            self.count(of_campaign(counts))
