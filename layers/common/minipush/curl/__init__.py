"""HTTP calls by libcurl in the event loop, many in flight.

Only what sends imports this package: pycurl is a large library.
"""

from minipush.curl.client import CurlClient
from minipush.curl.handle import CurlAnswer

__all__ = ["CurlAnswer", "CurlClient"]
