"""A browser for the console's tests: one that is installed, else the one that make has unpacked."""

import os
import platform
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from local.processes import ROOT

UNPACKED = ROOT / ".tools" / "console" / "browser"
INSTALLED = ("chromium-headless-shell", "chromium", "google-chrome")


@dataclass(frozen=True, slots=True)
class BrowserProgram:
    path: str
    environment: dict[str, str] = field(default_factory=dict)


def find_browser() -> BrowserProgram | None:
    """`$BROWSER`, then the PATH, then the unpacked one, which is for x86-64 and brings its own libraries."""
    named = os.environ.get("BROWSER") or next(filter(None, map(shutil.which, INSTALLED)), None)
    if named:
        return BrowserProgram(named)
    if platform.machine() != "x86_64" or not (UNPACKED / "chromium").exists():
        return None
    own = {"LD_LIBRARY_PATH": str(UNPACKED / "lib"), "FONTCONFIG_PATH": str(UNPACKED)}
    return BrowserProgram(str(UNPACKED / "chromium"), own)


NO_BROWSER = "NO BROWSER: the console was NOT tested. Install chromium-headless-shell, or set BROWSER to the path of a Chromium."


def screenshot_folder() -> Path | None:
    """Where tests leave pictures of what they see: `$SCREENSHOTS`, if set."""
    named = os.environ.get("SCREENSHOTS")
    return Path(named) if named else None
