"""The one place that turns what a route raises into a problem document, and logs it."""

import logging
from collections.abc import Mapping
from typing import Any

from minipush.domain.campaign_errors import EstimateTimeoutError
from minipush.errors import MinipushError, StoreError, WeChatUnavailableError
from minipush.http.edge.problem_rows import problem_of
from minipush.http.edge.problems import ProblemError, internal_error

logger = logging.getLogger(__name__)


def problem_for(error: Exception, body: Mapping[str, Any]) -> ProblemError:
    match error:
        case ProblemError():
            return error
        case MinipushError():
            _log(error)
            return problem_of(error, body)
    logger.error("a request failed", exc_info=error)
    return internal_error()


def _log(error: MinipushError) -> None:
    if isinstance(error, EstimateTimeoutError):
        logger.error("a dry run took too long", exc_info=error)
    elif isinstance(error, StoreError):
        logger.error("the store failed", exc_info=error)
    elif isinstance(error, WeChatUnavailableError):
        said = {"errcode": error.errcode, "errmsg": error.errmsg, "rid": error.rid}
        logger.warning("WeChat is unavailable", extra=said)
