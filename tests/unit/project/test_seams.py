"""A new channel or kind of permit is one module and one entry in its registry, and nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "layers" / "common" / "minipush"

DUMMY_KIND = """
from minipush.domain.permits import LIFE_MS, Permit, PermitKind

DUMMY = PermitKind(name="dummy", sends=2, lifetime_ms=LIFE_MS, names_template=True)


def dummy_permits(id_: str, template_id: str, now: int) -> list[Permit]:
    return [Permit(DUMMY, id_, now + LIFE_MS, template_id, use=n + 1) for n in range(2)]
"""

DUMMY_CHANNEL = """
from minipush.channels.channel_type import ChannelClients, ChannelType
from minipush.domain.messages import MessageType
from minipush.domain.permit_kinds import permit_kind


class DummyChannel:
    sent = []

    def is_ready(self, message):
        return True

    async def prepare(self, message, timeout):
        return None

    async def send(self, openid, permit, message, timeout, delivery_id):
        from minipush.application.ports.channel import SendResult, Verdict

        self.sent.append((openid, permit.kind.name, permit.id, message.template_id))
        return SendResult(verdict=Verdict.ACCEPTED, msgid=len(self.sent))


DUMMY_MESSAGE = MessageType(name="dummy", permit_kinds=frozenset({permit_kind(KIND)}), has_field_rules=False)
DUMMY_CHANNEL = ChannelType(message_type=DUMMY_MESSAGE, open=lambda clients: DummyChannel())
"""

# A permit goes through the codec of the Users table, is claimed, and is spent through the dummy channel.
DELIVER = """
import asyncio, time
from types import SimpleNamespace

from support.memory import MemoryStore
from support.rate_gate import FreeSlots

import minipush
from minipush.adapters.dynamodb.users.items import permit_item, read_permit
from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import Delivery, DeliveryDependencies
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.channels import message_type
from minipush.channels.dummy import DummyChannel
from minipush.channels.router import ChannelRouter
from minipush.domain.messages import Message
from minipush.http.schemas.messages import MessageRequest, ResultResponse

assert minipush.__path__[0].startswith(COPY), minipush.__path__
PERMITS
for permit in permits:
    assert read_permit(permit_item("ada", permit)) == permit

store = MemoryStore()
store.add("ada", permits)
deliver = Deliver(
    DeliveryDependencies(
        ledger=store,
        channel=ChannelRouter.open(SimpleNamespace(wechat_sender=None, official_client=None)),
        rate_gate=FreeSlots(),
        clock=lambda: NOW,
        retry_policy=RetryPolicy(),
    )
)
message = MessageRequest(touser=["ada"], type="dummy", template_id="T1").message()
assert message.type is message_type("dummy")


def outcome(number):
    delivery = Delivery(f"d-{number}", "us", message, time.monotonic() + 60)
    return asyncio.run(deliver(store.read("ada"), delivery))


for number, permit in enumerate(permits, 1):
    sent = outcome(number)
    assert (sent.status, sent.permit_kind, sent.msgid) == ("sent", permit.kind, number)
    told = ResultResponse(openid="ada", status=sent.status, permit_kind=sent.permit_kind.name)
    assert told.model_dump(mode="json")["permit_kind"] == permit.kind.name
assert outcome(99).reason == "no_permit"
assert DummyChannel.sent == [("ada", permit.kind.name, permit.id, "T1") for permit in permits]
assert store.read("ada").live(NOW) == []
"""

NEW_KIND = 'from minipush.domain.permit_kinds import permit_kind\nfrom minipush.domain.permit_kinds.dummy import dummy_permits\nassert permit_kind("dummy").sends == 2\npermits = dummy_permits("p#1", "T1", NOW)'
KNOWN_KIND = "from minipush.domain.permit_kinds import form_permits\npermits = form_permits('f', None, NOW)"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGE, tmp_path / "minipush", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "minipush"


def register(registry: Path, before: str, after: str) -> None:
    """Change one line of a registry."""
    text = registry.read_text()
    assert text.count(before) == 1
    registry.write_text(text.replace(before, after))


def add_channel(copy: Path, kind: str) -> None:
    folder = copy / "channels" / "dummy"
    folder.mkdir()
    (folder / "__init__.py").write_text(DUMMY_CHANNEL.replace("KIND", repr(kind)))
    register(
        copy / "channels" / "__init__.py",
        "CHANNELS = (WECHAT_TEMPLATE, WECHAT_SUBSCRIBE, WECHAT_OFFICIAL)",
        "from minipush.channels.dummy import DUMMY_CHANNEL; CHANNELS = (WECHAT_TEMPLATE, WECHAT_SUBSCRIBE, WECHAT_OFFICIAL, DUMMY_CHANNEL)",
    )


def add_kind(copy: Path) -> None:
    (copy / "domain" / "permit_kinds" / "dummy.py").write_text(DUMMY_KIND)
    register(
        copy / "domain" / "permit_kinds" / "__init__.py",
        "PERMIT_KINDS = (FORM, PAY, ONCE, LONG, FOLLOW)",
        "from minipush.domain.permit_kinds.dummy import DUMMY; PERMIT_KINDS = (FORM, PAY, ONCE, LONG, FOLLOW, DUMMY)",
    )


def deliver_with(copy: Path, permits: str) -> None:
    names = f"COPY = {str(copy.parent)!r}\nNOW = 1_800_000_000_000\n"
    script = names + DELIVER.replace("PERMITS", permits)
    path = os.pathsep.join([str(copy.parent), str(ROOT / "tests"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def changed(copy: Path) -> set[str]:
    """Which files of the package the copy has added or changed."""
    files = {path.relative_to(copy) for path in copy.rglob("*") if path.suffix in (".py", ".json")}
    return {
        str(path)
        for path in files
        if not (PACKAGE / path).exists() or (PACKAGE / path).read_bytes() != (copy / path).read_bytes()
    }


def test_a_new_channel_is_a_folder_and_a_registration(copy: Path) -> None:
    add_channel(copy, "form")
    deliver_with(copy, KNOWN_KIND)
    assert changed(copy) == {"channels/__init__.py", "channels/dummy/__init__.py"}


def test_a_new_kind_of_permit_is_a_module_and_a_registration(copy: Path) -> None:
    add_kind(copy)
    add_channel(copy, "dummy")
    deliver_with(copy, NEW_KIND)
    assert changed(copy) == {
        "channels/__init__.py",
        "channels/dummy/__init__.py",
        "domain/permit_kinds/__init__.py",
        "domain/permit_kinds/dummy.py",
    }
