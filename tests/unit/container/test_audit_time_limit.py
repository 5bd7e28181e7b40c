"""The audit is written when the work is done, and must not hold up its answer."""

import logging
import socket
import time

import pytest
from support.environment import ENVIRONMENT

from minipush.container import Container
from minipush.domain.audit import Act
from minipush.settings import Settings

ACT = Act(
    at=1, operator="shop", action="POST /campaigns", request_id="r-1", status=201, about={"template_id": "T1"}
)


def test_a_table_that_hangs_delays_the_answer_by_a_second_at_most(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("AUDIT_TABLE", "audit")
        for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "us-east-1")
        record = Container(Settings.read(ENVIRONMENT)).record_acts
        started = time.monotonic()
        with caplog.at_level(logging.ERROR):
            record.note_use("shop")
            record(ACT)
        assert time.monotonic() - started < 2
    assert [line.message for line in caplog.records] == ["an act could not be stored in the audit"] * 2
