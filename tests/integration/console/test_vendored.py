"""The console's vendored file is what npm has under the hash of the lock."""

from functions.console.app import SITE
from local.processes import ROOT


def test_the_vendored_file_equals_the_package_byte_for_byte() -> None:
    package = ROOT / ".tools" / "console" / "node_modules" / "lit-html" / "lit-html.js"
    assert (SITE / "vendor" / "lit-html.js").read_bytes() == package.read_bytes()
