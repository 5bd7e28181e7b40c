"""Which deployment, and with which key: the configuration file, and the environment above it."""

import json
import os
import re
import stat
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from minipush_cli.errors import CommandError, Exit

NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
DEFAULT = "default"
HEADER = "# Written by `minipush login`. It contains operator keys: keep it readable by you only.\n"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Profile:
    name: str
    url: str
    key: str


@dataclass(frozen=True)
class Configuration:
    """What the file contains. `default` names the profile that is used when none is asked for."""

    default: str
    profiles: Mapping[str, Profile]


def config_path(environment: Mapping[str, str]) -> Path:
    """`MINIPUSH_CONFIG`, or minipush/config.toml in the folder for configurations."""
    given = environment.get("MINIPUSH_CONFIG")
    if given:
        return Path(given).expanduser()
    home = environment.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "minipush" / "config.toml"


def checked_url(url: str) -> str:
    """The URL without its last slash. Raises CommandError: a key must not travel in the clear."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise CommandError(f"{url!r} is not the URL of an API, such as https://api.example.com", Exit.USAGE)
    if parts.username or parts.password:
        raise CommandError("the URL must not contain a user or a password", Exit.USAGE)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise CommandError("the URL must begin with https://, except on this machine", Exit.USAGE)
    return url.rstrip("/")


def checked_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise CommandError("a profile's name is 1 to 64 letters, digits, dots, _ or -", Exit.USAGE)
    return name


def read_configuration(path: Path) -> Configuration:
    """Raises CommandError: others can read the file, or it cannot be read at all."""
    if not path.exists():
        return Configuration(DEFAULT, {})
    _refuse_if_shared(path)
    content = _parse(path)
    profiles = content.get("profiles", {})
    try:
        found = {name: Profile(name, one["url"], one["key"]) for name, one in profiles.items()}
        return Configuration(content.get("default", DEFAULT), found)
    except (AttributeError, KeyError, TypeError):
        raise CommandError(f"{path}: each profile needs a url and a key", Exit.USAGE) from None


def write_configuration(path: Path, configuration: Configuration) -> None:
    """Replace the file in one step, readable by its owner only."""
    path = path.resolve()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".config-", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_toml(configuration))
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def with_profile(configuration: Configuration, profile: Profile) -> Configuration:
    """The first profile becomes the default one."""
    default = configuration.default if configuration.profiles else profile.name
    return Configuration(default, {**configuration.profiles, profile.name: profile})


def choose_profile(asked: str | None, environment: Mapping[str, str]) -> Profile:
    """`--profile` is above the environment, and the environment is above the file.

    A key goes to its own deployment only: MINIPUSH_URL is never combined with the key of a profile.
    """
    url, key = environment.get("MINIPUSH_URL"), environment.get("MINIPUSH_KEY")
    if url and not asked:
        if not key:
            raise CommandError("MINIPUSH_URL needs MINIPUSH_KEY beside it", Exit.USAGE)
        return Profile("(environment)", checked_url(url), checked_key(key))
    path = config_path(environment)
    profile = _of_file(path, asked or environment.get("MINIPUSH_PROFILE"))
    chosen = key if key and not asked else profile.key
    return Profile(profile.name, checked_url(profile.url), checked_key(chosen))


def checked_key(key: str, what: str = "an operator key") -> str:
    """Raises CommandError, whose message does not contain the key."""
    if not re.fullmatch(r"[\x20-\x7e]{1,1000}", key) or key != key.strip():
        raise CommandError(f"this is not {what}: it must be one line of ASCII characters", Exit.USAGE)
    return key


def _of_file(path: Path, asked: str | None) -> Profile:
    configuration = read_configuration(path)
    name = asked or configuration.default
    if name in configuration.profiles:
        return configuration.profiles[name]
    if asked:
        raise CommandError(
            f"there is no profile {asked!r} in {path}; minipush profiles lists them", Exit.USAGE
        )
    raise CommandError("which deployment? Run: minipush login --url https://…", Exit.USAGE)


def _refuse_if_shared(path: Path) -> None:
    mode = path.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CommandError(f"others can read {path}, which contains keys. Run: chmod 600 {path}", Exit.USAGE)


def _parse(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}", Exit.USAGE) from None


def _toml(configuration: Configuration) -> str:
    """Every value is one line of ASCII or a URL, for which the strings of JSON and TOML are the same."""
    lines = [HEADER, f"default = {json.dumps(configuration.default)}\n"]
    for profile in configuration.profiles.values():
        lines.append(f"\n[profiles.{json.dumps(profile.name)}]\n")
        lines.append(f"url = {json.dumps(profile.url)}\nkey = {json.dumps(profile.key)}\n")
    return "".join(lines)
