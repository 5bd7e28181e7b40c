"""Keeps credentials out of the logs of client libraries, which print whole URLs and bodies at DEBUG.

A filter on the loggers themselves works with any level and handlers that an application sets, and keeps the rest of
the log readable.
"""

import logging
import re
from collections.abc import Iterable
from typing import Final

HTTP_LOGGERS: Final = ("urllib3.connectionpool", "urllib3.util.retry")
LONGEST_ERRMSG: Final = 200
# Compiled by the first use: few processes have anything to redact.
_CREDENTIAL: Final = (
    r"""(\b(?:access_token|secret|appsecret|js_code)=)[^&\s"'<>]*"""  # in a query
    r"""|("access_token":\s*(?:\{"S":\s*)?")[^"]*"""  # in JSON, or in DynamoDB's
)
_PRIVATE: Final = (
    r"""(\b(?:openid|touser|form_id)=)[^&\s"'<>]*"""  # in a query
    r"""|("(?:secret|appsecret|js_code|session_key|openid|touser|form_id)":\s*")[^"]*"""  # in JSON
    # a secret, an openid or a token by itself; a template_id has 43 characters
    r"""|\b(?:[0-9a-f]{32}|o[A-Za-z0-9_-]{27}|[A-Za-z0-9_-]{60,})(?![A-Za-z0-9_-])"""
)
_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f]+"
_READ: Final = 10 * LONGEST_ERRMSG


def redact_logs(*loggers: str) -> None:
    """May be called repeatedly: a logger adds the same filter only once."""
    for name in loggers:
        logging.getLogger(name).addFilter(_redact)


def redacted_errmsg(errmsg: object, secrets: Iterable[str] = ()) -> str | None:
    """What WeChat said with an errcode, fit for operators and logs; None for anything but a text.

    It has no credentials, users or control characters, and LONGEST_ERRMSG characters at most. `secrets`: those of the
    request, which may come back in any form.
    """
    if not isinstance(errmsg, str):
        return None
    for secret in secrets:
        errmsg = errmsg.replace(secret, "…") if secret else errmsg
    text = errmsg[:_READ].encode(errors="replace").decode()  # half a surrogate pair can't be encoded
    text = re.sub(_CREDENTIAL, r"\1\2…", re.sub(_CONTROL, " ", text))
    text = re.sub(_PRIVATE, _without_value, text)
    return text.strip()[:LONGEST_ERRMSG] or None


def _without_value(found: re.Match[str]) -> str:
    return f"{found[1] or found[2] or ''}…"


def _redact(record: logging.LogRecord) -> bool:
    record.msg = re.sub(_CREDENTIAL, r"\1\2…", record.getMessage())
    record.args = ()
    return True
