"""Builders of broadcasts: of the request, and of what the worker of campaigns needs."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from minipush.adapters.dynamodb.centre.broadcasts import DynamoBoundUsers, DynamoBroadcasts
    from minipush.application.centre.deliver_broadcast import CentreBroadcasts
    from minipush.application.centre.start_broadcast import CountBoundUsers, StartBroadcast
    from minipush.container.message_centre import MessageCentre

DELIVERY_THREADS = 8


def broadcast_store(m: "MessageCentre") -> "DynamoBroadcasts":
    from minipush.adapters.dynamodb.centre.broadcasts import DynamoBroadcasts

    return DynamoBroadcasts(m.table)


def bound_users(m: "MessageCentre") -> "DynamoBoundUsers":
    from minipush.adapters.dynamodb.centre.broadcasts import DynamoBoundUsers

    return DynamoBoundUsers(m.table)


def start_broadcast(m: "MessageCentre") -> "StartBroadcast":
    from minipush.application.centre.start_broadcast import StartBroadcast
    from minipush.channels import BROADCAST

    return StartBroadcast(
        store=m.broadcast_store,
        create=m.container.create_campaign,
        check_text=m.check_push_text,
        limit=m.limit_pushes,
        message_type=BROADCAST,
        clock=m.container.clock,
    )


def count_bound_users(m: "MessageCentre") -> "CountBoundUsers":
    from minipush.application.centre.start_broadcast import CountBoundUsers

    return CountBoundUsers(m.bound_users)


def delivery_threads(m: "MessageCentre") -> "ThreadPoolExecutor":
    """The loop's own threads renew leases and read pages: a batch of deliveries would keep them waiting."""
    from concurrent.futures import ThreadPoolExecutor

    made = ThreadPoolExecutor(DELIVERY_THREADS, thread_name_prefix="broadcast")
    m.container.closing.callback(made.shutdown, cancel_futures=True)
    return made


def broadcasts(m: "MessageCentre") -> "CentreBroadcasts":
    from minipush.application.centre.deliver_broadcast import BroadcastDependencies, CentreBroadcasts

    dependencies = BroadcastDependencies(
        store=m.broadcast_store,
        find_app=m.known_apps.read,
        addressees=m.addressees,
        push_message=m.push_message,
        limit=m.limit_pushes,
        threads=m.delivery_threads,
        clock=m.container.clock,
    )
    return CentreBroadcasts(m.bound_users, dependencies)
