"""Wires the collaborators, each on first use, and keeps them for warm invocations.

What only one function needs is imported where it is wired, so that the others start without it.
"""

import gc
import os
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from minipush.settings import Settings
from minipush.world import World, milliseconds

if TYPE_CHECKING:
    from minipush.domain.asks import Ask
    from minipush.domain.campaigns import Campaign
    from minipush.http.callback import WeChatCallback
    from minipush.http.campaigns import CampaignUses
    from minipush.http.service import Service
    from minipush.http.templates import TemplateUses
    from minipush.usecases.ask_next import AskNext
    from minipush.usecases.campaigns.carry_segment import CarrySegment
    from minipush.usecases.campaigns.control_campaigns import ControlCampaigns
    from minipush.usecases.campaigns.make_campaigns import MakeCampaigns
    from minipush.usecases.campaigns.tend_campaigns import TendCampaigns
    from minipush.usecases.check_texts import CheckTexts
    from minipush.usecases.collect_permits import CollectPermits
    from minipush.usecases.note_undelivered import NoteUndelivered
    from minipush.usecases.sending.check_fields import CheckFields
    from minipush.usecases.sending.send_messages import SendMessages
    from minipush.usecases.sweep_expired import SweepExpired
    from minipush.wechat.events import SendResult
    from minipush.wechat.text_check import Verdict


# A worker has the time to wait for a table that grows into a campaign: some six seconds.
CLAIM_TRIES = 7


@cache
def collaborators() -> "Collaborators":
    return Collaborators(Settings.read(os.environ))


class Collaborators(World):
    # ---- what each function does

    def answer_collect(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """WeChat's callback takes bodies as they come; all else is JSON."""
        from minipush.http.callback import ROUTES

        if event.get("routeKey") in ROUTES:
            return self.wechat_callback(event, context)
        return self.mini_program_service(event, context)

    @cached_property
    def wechat_callback(self) -> "WeChatCallback":
        from minipush.adapters.heard import DynamoHeardEvents
        from minipush.http.callback import WeChatCallback
        from minipush.usecases.collect_permits import CollectPermits
        from minipush.usecases.hear_wechat import HearWeChat

        by_event = self._settings.subscription_source == "callback"
        collect = CollectPermits(self.users, milliseconds, self._settings.permits_per_user)
        heard = DynamoHeardEvents(self.dynamodb, self._settings.state_table)
        hear = HearWeChat(self.users, heard, collect if by_event else None, self._note, milliseconds)
        return WeChatCallback(self.read_callback, hear, self.count, self.name_request)

    def _note(self, openid: str, at: int, failure: "SendResult") -> None:
        """Few messages fail so late: what it takes is loaded with the first one."""
        self._note_undelivered(openid, at, failure)

    @cached_property
    def _note_undelivered(self) -> "NoteUndelivered":
        from minipush.usecases.campaigns.find_line import FindLine
        from minipush.usecases.note_undelivered import NoteUndelivered

        return NoteUndelivered(self.users, self.campaigns, FindLine(self.campaigns, self.reports))

    @cached_property
    def mini_program_service(self) -> "Service":
        from minipush.http import mini_program
        from minipush.http.service import Service
        from minipush.usecases.log_in import LogIn
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
        from minipush.adapters.answers import DynamoAnswerStore
        from minipush.http import operators
        from minipush.http.service import Service
        from minipush.usecases.answer_once import AnswerOnce

        answers = DynamoAnswerStore(self.dynamodb, self._settings.state_table)
        app = operators.operators_app(
            self.send_messages,
            self._loop.run,
            AnswerOnce(answers, milliseconds),
            self._campaign_uses,
            self._template_uses,
            self.collect_permits,
            self.users,
            self.sweeps,
            milliseconds,
            self.count,
        )
        return Service(app, operators.ROUTES, self.access, self.name_request)

    @cached_property
    def sweep_expired(self) -> "SweepExpired":
        from minipush.usecases.sweep_expired import SweepExpired

        return SweepExpired(self.sweeps, milliseconds, self._settings.sweep_grace_ms)

    def fired(self, event: Mapping[str, Any]) -> "Campaign | None":
        """What a rule or a schedule hands over. Raises ValueError where that is no campaign."""
        if "campaign_id" in event:
            return self.control_campaigns.start(str(event["campaign_id"]))
        from minipush.http.campaign_models import parse_fired
        from minipush.usecases.campaigns.make_campaigns import id_of_occurrence

        fired = parse_fired(event)
        return self.make_campaigns(fired.plan, id_of_occurrence(fired.occurrence), fired.text_check)

    def carry(self, campaign_id: str, number: int, deadline: float, keep_alive: "Callable[[], None]") -> None:
        from minipush.http.metrics import of_campaign

        counts = self._loop.run(self._carry_segment(campaign_id, number, deadline, keep_alive))
        if counts.total:
            self.count(of_campaign(counts))

    # ---- use cases

    def _next_ask(self, openid: str, sdk_version: str | None) -> "Ask":
        """A method, so that only who asks has it wired."""
        return self._ask_next(openid, sdk_version)

    @cached_property
    def _ask_next(self) -> "AskNext":
        from minipush.usecases.ask_next import AskNext

        return AskNext(self.users, self._stock_plans, self.templates, milliseconds)

    @cached_property
    def collect_permits(self) -> "CollectPermits":
        from minipush.usecases.collect_permits import CollectPermits

        return CollectPermits(
            self.users,
            milliseconds,
            self._settings.permits_per_user,
            subscriptions=self._settings.subscription_source == "client",
        )

    @cached_property
    def send_messages(self) -> "SendMessages":
        from minipush.usecases.sending.attempt import Patience
        from minipush.usecases.sending.deliver import Deliver
        from minipush.usecases.sending.pace import Pace
        from minipush.usecases.sending.send_messages import SendMessages

        limit = self._settings.max_sends_per_second
        pace = Pace(self.rates, [("account", limit)] if limit else [])
        deliver = Deliver(self.ledger, self.messenger, pace, milliseconds, Patience())
        return SendMessages(self.users, self._check_fields, deliver)

    @cached_property
    def _campaign_uses(self) -> "CampaignUses":
        from minipush.http.campaigns import CampaignUses
        from minipush.usecases.campaigns.rehearse_campaigns import RehearseCampaigns
        from minipush.usecases.campaigns.show_campaigns import ShowCampaigns

        rehearse = RehearseCampaigns(
            self._recipients,
            self._check_fields,
            self._check_texts,
            milliseconds,
            self._settings.campaign_segments,
            self._settings.max_sends_per_second,
        )
        show = ShowCampaigns(self.campaigns, self.reports)
        return CampaignUses(self.make_campaigns, rehearse, show, self.control_campaigns)

    @cached_property
    def _template_uses(self) -> "TemplateUses":
        from minipush.http.templates import TemplateUses
        from minipush.usecases.plan_stock import PlanStock
        from minipush.usecases.sync_templates import SyncTemplates
        from minipush.wechat.templates import AccountTemplates

        account = AccountTemplates(self.transport, self.tokens)
        plan_stock = PlanStock(self._stock_plans, self.templates, milliseconds)
        return TemplateUses(SyncTemplates(account, self.templates, milliseconds), self.templates, plan_stock)

    @cached_property
    def _check_fields(self) -> "CheckFields":
        from minipush.usecases.sending.check_fields import CheckFields

        return CheckFields(self.templates)

    @cached_property
    def _check_texts(self) -> "CheckTexts":
        from minipush.adapters.verdicts import DynamoVerdicts
        from minipush.usecases.check_texts import CheckTexts

        verdicts = DynamoVerdicts(self.dynamodb, self._settings.state_table)
        return CheckTexts(self._ask_of_text, verdicts, milliseconds)

    def _ask_of_text(self, text: str, openid: str) -> "Verdict":
        """WeChat's client is made for those who ask for a check."""
        from minipush.wechat.text_check import TextCheck

        return TextCheck(self.transport, self.tokens).check(text, openid)

    @cached_property
    def make_campaigns(self) -> "MakeCampaigns":
        from minipush.usecases.campaigns.make_campaigns import MakeCampaigns

        segments = self._settings.campaign_segments
        return MakeCampaigns(
            self.campaigns,
            self._check_fields,
            self._check_texts,
            self._set_schedule,
            self.control_campaigns,
            milliseconds,
            segments,
        )

    @cached_property
    def control_campaigns(self) -> "ControlCampaigns":
        from minipush.usecases.campaigns.control_campaigns import ControlCampaigns

        return ControlCampaigns(
            self.campaigns,
            self.segment_queue,
            self._remove_schedule,
            self._news,
            milliseconds,
        )

    @cached_property
    def tend_campaigns(self) -> "TendCampaigns":
        from minipush.usecases.campaigns.tend_campaigns import TendCampaigns

        return TendCampaigns(self.campaigns, self.control_campaigns, milliseconds)

    @cached_property
    def _carry_segment(self) -> "CarrySegment":
        from minipush.adapters.ledger import DynamoLedger
        from minipush.usecases.campaigns.carriage import Means
        from minipush.usecases.campaigns.carry_segment import CarrySegment
        from minipush.usecases.sending.attempt import Patience

        means = Means(
            self.campaigns,
            self._recipients,
            self.reports,
            self.control_campaigns,
            DynamoLedger(self.dynamodb, self._settings.users_table, tries=CLAIM_TRIES),
            self.messenger,
            self.rates,
            milliseconds,
            Patience(tries=10),
            self._settings.max_sends_per_second,
            self._settings.error_percent,
        )
        # What is there by now stays. The collector would go through it again and again while users come and go.
        gc.freeze()
        return CarrySegment(means, self.segment_queue)
