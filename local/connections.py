"""Connections that end without an answer, for servers that simulate others."""

import socket
import struct

from aiohttp import web

LINGER_ZERO = struct.pack("ii", 1, 0)  # close() then sends RST instead of FIN


def reset_connection(request: web.BaseRequest) -> web.Response:
    """Close the connection with RST. The client never sees the returned response."""
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        transport.abort()
    return web.Response()
