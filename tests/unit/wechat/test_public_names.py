import subprocess
import sys
from pathlib import Path

import pytest

import minipush.wechat

LAYER = Path(__file__).parents[3] / "layers" / "common"


def test_every_public_name_is_there_and_listed_in_order() -> None:
    names = minipush.wechat.__all__
    assert sorted(names) == names
    assert [name for name in names if not hasattr(minipush.wechat, name)] == []


@pytest.mark.parametrize(
    "module", ["minipush.wechat", "minipush.adapters.dynamodb.state.tokens", "minipush.adapters.redis.tokens"]
)
def test_only_who_sends_imports_pycurl(module: str) -> None:
    check = f"import sys, {module}; sys.exit(bool({{'pycurl', 'boto3', 'redis'}} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", check], env={"PYTHONPATH": str(LAYER)}, check=False)
    assert done.returncode == 0


def test_importing_opens_nothing_and_asks_for_nothing() -> None:
    check = """
import sys
seen = []
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith("socket.") else None)
import minipush.wechat, minipush.wechat.curl_transport
sys.exit(repr(seen) if {"socket.connect", "socket.getaddrinfo"} & set(seen) else 0)
"""
    done = subprocess.run([sys.executable, "-c", check], env={"PYTHONPATH": str(LAYER)}, check=False)
    assert done.returncode == 0
