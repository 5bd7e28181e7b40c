"""HTTP calls by libcurl in the event loop, many in flight.

Only what sends imports this package: pycurl is a large library.
"""

from minipush.curl.client import CurlAnswer, CurlClient

__all__ = ["CurlAnswer", "CurlClient"]
