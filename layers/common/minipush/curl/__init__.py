"""HTTP calls by libcurl in the event loop, many in flight.

Only what sends imports this package: pycurl is a large library.
"""

from minipush.curl.client import CurlClient
from minipush.curl.handle import FORBIDDEN_ADDRESS, CurlAnswer

__all__ = ["FORBIDDEN_ADDRESS", "CurlAnswer", "CurlClient"]
