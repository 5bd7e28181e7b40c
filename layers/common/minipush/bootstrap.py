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
    from minipush.domain.subscription_events import FailedDelivery
    from minipush.http.edge.service import Service
    from minipush.http.routes.callback import WeChatCallback
    from minipush.http.routes.operators import OperatorServices


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
        from minipush.adapters.wechat.events import subscription_event
        from minipush.application.events.handle_wechat_event import HandleWeChatEvent
        from minipush.application.permits.collect_permits import CollectPermits
        from minipush.http.routes.callback import WeChatCallback

        by_event = self._settings.subscription_source == "callback"
        collect = CollectPermits(self.users, milliseconds, self._settings.permits_per_user)
        heard = DynamoProcessedEvents(self.dynamodb, self._settings.state_table)
        counted = collect if by_event else None
        handle = HandleWeChatEvent(self.users, heard, counted, self.templates, self._note, milliseconds)
        return WeChatCallback(
            self.read_callback,
            lambda event: handle(subscription_event(event)),
            self.count,
            self.name_request,
        )

    def _note(self, openid: str, at: int, failure: "FailedDelivery") -> None:
        """Few messages fail so late: what it takes is loaded with the first one."""
        self._note_undelivered(openid, at, failure)

    @cached_property
    def mini_program_service(self) -> "Service":
        from minipush.adapters.wechat.sessions import WeChatSessions
        from minipush.application.permits.log_in import LogIn
        from minipush.http.edge.service import Service
        from minipush.http.routes import mini_program
        from minipush.http.routes.collect import CollectServices
        from minipush.http.routes.me import MeServices
        from minipush.http.routes.session import SessionServices
        from minipush.wechat.sessions import Sessions

        sessions = WeChatSessions(Sessions(self.transport, self._settings.wechat_appid, self._app_secret))
        log_in = LogIn(sessions, self.users, milliseconds)
        services = mini_program.MiniProgramServices(
            session=SessionServices(log_in=log_in, access=self.access),
            collect=CollectServices(collect_permits=self.collect_permits, count=self.count),
            me=MeServices(users=self.users, choose_prompt=self._next_ask),
        )
        app = mini_program.mini_program_app(services)
        return Service(app, mini_program.ROUTES, self.access, self.name_request)

    @cached_property
    def operators_service(self) -> "Service":
        from minipush.http.edge.service import Service
        from minipush.http.routes import operators

        app = operators.operators_app(self._operator_services)
        return Service(app, operators.ROUTES, self.access, self.name_request)

    @cached_property
    def _operator_services(self) -> "OperatorServices":
        from minipush.http.routes.messages import MessageServices
        from minipush.http.routes.operators import OperatorServices
        from minipush.http.routes.pool import PoolServices
        from minipush.http.routes.users import UserServices

        return OperatorServices(
            messages=MessageServices(
                send_messages=self.send_messages,
                run=self._loop.run,
                idempotency=self._idempotency,
                count=self.count,
            ),
            campaigns=self._campaign_services,
            templates=self._template_services,
            subscription_targets=self._set_subscription_targets,
            users=UserServices(
                users=self.users, collect_permits=self.collect_permits, clock=milliseconds, count=self.count
            ),
            pool=PoolServices(sweeps=self.sweeps, clock=milliseconds),
        )

    def fired(self, event: Mapping[str, Any]) -> "Campaign | None":
        """What a rule or a schedule hands over. Raises ValueError where that is no campaign."""
        if "campaign_id" in event:
            return self.campaign_lifecycle.start(str(event["campaign_id"]))
        from minipush.application.campaigns.create_campaign import id_of_occurrence
        from minipush.http.schemas.campaign_requests import parse_fired

        fired = parse_fired(event)
        return self.create_campaign(fired.plan, id_of_occurrence(fired.occurrence), fired.text_check)

    def carry(self, campaign_id: str, number: int, deadline: float, keep_alive: "Callable[[], None]") -> None:
        from minipush.http.edge.metrics import of_campaign

        counts = self._loop.run(self._carry_segment(campaign_id, number, deadline, keep_alive))
        if counts.total:
            self.count(of_campaign(counts))
