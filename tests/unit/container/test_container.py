"""Collaborators are built on first use, and any of them can be replaced by name."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.environment import ENVIRONMENT
from support.memory import MemoryStore, MemoryTemplates

from minipush.container import Container
from minipush.container.clients import made_once
from minipush.container.message_centre import MessageCentre
from minipush.domain.accounts import Account, AccountKind
from minipush.domain.pool import PoolMeasure
from minipush.settings import Settings
from minipush.settings.centre import CentreSettings

ROOT = Path(__file__).parents[3]
SETTINGS = Settings.read(ENVIRONMENT)


def test_a_collaborator_is_built_once() -> None:
    c = Container(SETTINGS, templates=MemoryTemplates())
    assert c.check_fields is c.check_fields


def test_what_is_replaced_is_what_others_are_built_with() -> None:
    store = MemoryStore()
    c = Container(SETTINGS, sweeps=store, clock=lambda: 7, known_templates=list)
    assert c.sweep_expired(lambda: True).finished
    assert store.measure == PoolMeasure(7)


def test_a_name_that_it_lacks_is_refused() -> None:
    for name in ("usres", "settings", "close"):
        with pytest.raises(TypeError, match=name):
            Container(SETTINGS, **{name: None})


def test_closing_undoes_in_reverse_order() -> None:
    done: list[str] = []
    c = Container(SETTINGS)
    c.closing.callback(done.append, "first built")
    c.closing.callback(done.append, "last built")
    c.close()
    c.close()
    assert done == ["last built", "first built"]


def test_the_settings_name_the_mini_programs_account() -> None:
    assert SETTINGS.account == Account("wx0123456789abcdef", AccountKind.MINI_PROGRAM)


@pytest.mark.parametrize(
    ("collaborator", "heavy"),
    [
        ("run_segment", {"pycurl", "requests"}),
        ("reconcile_campaigns", set()),
        ("sweep_expired", set()),
        ("wechat_callback", {"requests", "jwt"}),
        ("mini_program_service", {"pydantic", "requests", "jwt"}),
    ],
)
def test_building_a_collaborator_loads_only_what_it_uses(collaborator: str, heavy: set[str]) -> None:
    packages = ("pydantic", "aiohttp", "pycurl", "requests", "redis", "jwt", "Crypto", "defusedxml")
    code = (
        "import sys, os\nfrom minipush.container import container\n"
        f"container().{collaborator}\n"
        f"print(*(name for name in {packages!r} if name in sys.modules))"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "common")])
    environment = ENVIRONMENT | {"PYTHONPATH": path, "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) <= heavy


def test_what_is_made_once_is_made_once_for_all_threads() -> None:
    made: list[int] = []

    def make() -> int:
        time.sleep(0.01)
        made.append(len(made))
        return made[-1]

    get = made_once(make)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: get(), range(16))) == {0}
    assert made == [0]


def test_the_threads_of_broadcasts_end_with_the_process() -> None:
    c = Container(SETTINGS)
    threads = MessageCentre(c, CentreSettings(table="", secret_arn="", queue_urls={})).delivery_threads
    assert threads.submit(int).result(10) == 0
    c.close()
    with pytest.raises(RuntimeError, match="shutdown"):
        threads.submit(int)
