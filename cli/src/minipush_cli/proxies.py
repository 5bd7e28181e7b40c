"""The proxy that the environment asks for."""

import os
from urllib.parse import urlsplit


def proxy_of(url: str) -> str | None:
    """From HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in capitals or not."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass  # slow to import, and rarely needed

    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
