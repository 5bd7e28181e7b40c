"""Keeps credentials out of the logs of client libraries, which print whole URLs and bodies at DEBUG.

A filter on the loggers themselves works with any level and handlers that an application sets, and keeps the rest of
the log readable.
"""

import logging
import re
from typing import Final

HTTP_LOGGERS: Final = ("urllib3.connectionpool", "urllib3.util.retry", "aiohttp.client", "aiohttp.internal")
_CREDENTIAL: Final = re.compile(
    r"""(\b(?:access_token|secret|appsecret|js_code)=)[^&\s"'<>]*"""  # in a query
    r"""|("access_token":\s*(?:\{"S":\s*)?")[^"]*"""  # in JSON, or in DynamoDB's
)


def redact_logs(*loggers: str) -> None:
    """May be called repeatedly: a logger adds the same filter only once."""
    for name in loggers:
        logging.getLogger(name).addFilter(_redact)


def _redact(record: logging.LogRecord) -> bool:
    record.msg = _CREDENTIAL.sub(r"\1\2…", record.getMessage())
    record.args = ()
    return True
