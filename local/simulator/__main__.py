"""`python -m local.simulator`: prints one line of JSON when it is ready. SIGTERM or SIGINT ends it."""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from local.simulator.certificates import issue_certificate
from local.simulator.official.account import OFFICIAL_APPID, OFFICIAL_SECRET
from local.simulator.pushes.callbacks import Format, Mode
from local.simulator.settings import SimulatorSettings
from local.simulator.simulator import serving
from local.simulator.state import SimulatorOptions
from local.simulator.wechat import APPID, SECRET


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.simulator", description="A server that implements WeChat's rules."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument(
        "--tls", type=Path, metavar="FOLDER", help="serve HTTPS, with a new certificate; its CA goes there"
    )
    parser.add_argument("--appid", default=APPID)
    parser.add_argument("--secret", default=SECRET)
    parser.add_argument("--official-appid", default=OFFICIAL_APPID)
    parser.add_argument("--official-secret", default=OFFICIAL_SECRET)
    parser.add_argument("--unionid", action="store_true", help="log-ins have unionids")
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--seed", type=int, help="make all identifiers the same in every run")
    callback = parser.add_argument_group("callback", "the address and format of pushed events")
    callback.add_argument("--callback-url")
    callback.add_argument("--callback-token", default="")
    callback.add_argument("--encoding-aes-key")
    callback.add_argument("--callback-format", choices=get_args(Format), default="json")
    callback.add_argument(
        "--callback-mode", choices=get_args(Mode), help="default: secure with a key, otherwise plain"
    )
    official = parser.add_argument_group("callback of the official account", "in XML")
    official.add_argument("--official-callback-url")
    official.add_argument("--official-callback-token", default="")
    official.add_argument("--official-encoding-aes-key")
    official.add_argument("--official-callback-mode", choices=get_args(Mode))
    parser.add_argument("--exit-with-parent", action="store_true", help="end when stdin closes")
    return parser.parse_args()


def read_settings(arguments: argparse.Namespace) -> SimulatorSettings:
    given = {name: value for name, value in vars(arguments).items() if name in SimulatorSettings.model_fields}
    try:
        return SimulatorSettings(**given)
    except ValidationError as error:
        sys.exit(str(error))


async def run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if arguments.exit_with_parent:
        threading.Thread(target=await_end_of_stdin, args=(loop, stop), daemon=True).start()
    options = SimulatorOptions(
        appid=arguments.appid,
        secret=arguments.secret,
        official_appid=arguments.official_appid,
        official_secret=arguments.official_secret,
        settings=read_settings(arguments),
        seed=arguments.seed,
    )
    tls, ca = issue_certificate(arguments.tls) if arguments.tls else (None, None)
    async with serving(options, arguments.host, arguments.port, tls) as url:
        announced = {"url": url, "appid": options.appid, "secret": options.secret} | (
            {"ca": str(ca)} if ca else {}
        )
        print(json.dumps(announced, ensure_ascii=False), flush=True)
        await stop.wait()


def await_end_of_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop when stdin closes. The parent holds its other end, which closes however the parent ends."""
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    with suppress(RuntimeError):  # a signal has already closed the loop
        loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    asyncio.run(run(parse_arguments()))
