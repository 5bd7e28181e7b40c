"""A certificate for a server on this machine, from an authority that nobody else trusts."""

import ssl
from pathlib import Path

import trustme

CA_FILE = "wechat-ca.pem"


def issue_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return the server's context, and the file that clients have to trust. The keys are not stored."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost", "::1").configure_cert(context)
    ca = folder / CA_FILE
    authority.cert_pem.write_to_path(str(ca))
    return context, ca
