"""TLS in front of a server that has none, as ElastiCache has in front of its nodes."""

import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from local.simulator.certificates import issue_certificate


class Proxy(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(self, at: int, port: int, context: ssl.SSLContext) -> None:
        self.port = port
        self.context = context
        self.is_ending = threading.Event()
        super().__init__(("127.0.0.1", at), Handler)

    def handle_error(self, *_: object) -> None:
        """A client that refuses the certificate ends the connection: that is what tests want to see."""


class Handler(socketserver.BaseRequestHandler):
    server: Proxy
    SIZE: ClassVar = 65536

    def handle(self) -> None:
        with (
            self.server.context.wrap_socket(self.request, server_side=True) as client,
            socket.create_connection(("127.0.0.1", self.server.port)) as there,
        ):
            client.settimeout(5)
            while not self.server.is_ending.is_set():
                ready = [client] if client.pending() else select.select([client, there], [], [], 0.05)[0]
                for side in ready:
                    data = side.recv(self.SIZE)
                    if not data:
                        return
                    (there if side is client else client).sendall(data)


@contextmanager
def tls_in_front_of(port: int, at: int, folder: Path) -> Iterator[Path]:
    """Listens on the port `at` of this machine. Gives the file of the authority that clients have to trust."""
    context, ca = issue_certificate(folder)
    with Proxy(at, port, context) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield ca
        finally:
            proxy.is_ending.set()
            proxy.shutdown()
            thread.join(10)
