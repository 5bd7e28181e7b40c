"""Which versions of the server this command line goes with: see docs/upgrading.md."""

from minipush_cli import __version__


def goes_with(server: str, own: str = __version__) -> bool:
    """The same major version; before 1.0, the same minor version. An unreadable version goes with none."""
    return _series(server) == _series(own) != ()


def series(own: str = __version__) -> str:
    """Such as `0.1.x`."""
    return ".".join([*map(str, _series(own)), "x"])


def _series(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts[:2]):
        return ()
    major, minor = int(parts[0]), int(parts[1])
    return (major,) if major else (major, minor)
