"""Keeps credentials out of the logs of the HTTP libraries, which print whole URLs at DEBUG.

A filter on the loggers themselves works whatever level and handlers an application sets, and leaves the rest
of those logs to be read.
"""

import logging
import re
from typing import Final

_LOGGERS: Final = ("urllib3.connectionpool", "urllib3.util.retry", "aiohttp.client", "aiohttp.internal")
_CREDENTIAL: Final = re.compile(r"\b(access_token|secret|appsecret|js_code)=[^&\s\"'<>]*")


def redact_http_logs() -> None:
    """Adding a filter that a logger has already does nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_redact)


def _redact(record: logging.LogRecord) -> bool:
    record.msg = _CREDENTIAL.sub(r"\1=…", record.getMessage())
    record.args = ()
    return True
