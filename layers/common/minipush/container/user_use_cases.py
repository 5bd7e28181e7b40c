"""Builders of the use cases of users, their permits and prompts."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipush.application.permits.change_settings import ChangeSettings
    from minipush.application.permits.collect_permits import CollectPermits
    from minipush.application.permits.finish_sweep import FinishSweep
    from minipush.application.permits.log_in import LogIn
    from minipush.application.permits.sweep_expired import SweepExpired
    from minipush.application.prompts.choose_prompt import ChoosePrompt
    from minipush.application.prompts.set_subscription_targets import SetSubscriptionTargets
    from minipush.application.tags.change_tags import ChangeTags
    from minipush.application.tags.list_users import ListUsers
    from minipush.application.timelines.read_timeline import ReadTimeline
    from minipush.container import Container


def log_in(c: "Container") -> "LogIn":
    from minipush.application.permits.log_in import LogIn
    from minipush.application.rejected_credentials import RejectedCredentials

    return LogIn(c.sessions, c.users, c.clock, RejectedCredentials(c.clock), c.map_user)


def change_settings(c: "Container") -> "ChangeSettings":
    from minipush.application.permits.change_settings import ChangeSettings

    return ChangeSettings(c.users, c.clock)


def collect_permits(c: "Container") -> "CollectPermits":
    """For what users report."""
    return _collect_permits(c, is_counted=True)


def add_permits(c: "Container") -> "CollectPermits":
    """For what back ends report."""
    return _collect_permits(c, is_counted=False)


def _collect_permits(c: "Container", *, is_counted: bool) -> "CollectPermits":
    from minipush.application.permits.collect_permits import CollectPermits

    subscriptions = c.settings.subscription_source == "client"
    cap = c.settings.permits_per_user
    return CollectPermits(
        c.users,
        c.clock,
        cap,
        c.templates,
        unknown_among=lambda ids, synced, now: c.known_templates.unknown_among(ids, synced, now),
        subscriptions=subscriptions,
        is_counted=is_counted,
    )


def change_tags(c: "Container") -> "ChangeTags":
    from minipush.application.tags.change_tags import ChangeTags

    return ChangeTags(c.tag_store)


def list_users(c: "Container") -> "ListUsers":
    from minipush.application.tags.list_users import ListUsers

    return ListUsers(c.tag_store)


def read_timeline(c: "Container") -> "ReadTimeline":
    from minipush.application.timelines.read_timeline import ReadTimeline

    return ReadTimeline(c.histories, c.clock)


def choose_prompt(c: "Container") -> "ChoosePrompt":
    from minipush.application.prompts.choose_prompt import ChoosePrompt

    return ChoosePrompt(c.users, c.subscription_targets, c.templates, c.clock)


def set_subscription_targets(c: "Container") -> "SetSubscriptionTargets":
    from minipush.application.prompts.set_subscription_targets import SetSubscriptionTargets

    return SetSubscriptionTargets(c.subscription_targets, c.templates, c.clock)


def finish_sweep(c: "Container") -> "FinishSweep":
    from minipush.application.permits.finish_sweep import FinishSweep

    return FinishSweep(c.record_statistics, c.signs_of_life, c.count, c.clock)


def sweep_expired(c: "Container") -> "SweepExpired":
    from minipush.application.permits.sweep_expired import SweepExpired

    # Only a sweep that begins anew asks for the templates.
    return SweepExpired(c.sweeps, c.clock, c.settings.sweep_grace_ms, lambda: c.known_templates())
