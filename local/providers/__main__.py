"""`python -m local.providers`: prints one line of JSON when it is ready, then what users see, on standard error."""

import argparse
import asyncio
import json
import signal
import threading
from dataclasses import asdict

from local.providers.providers import serving
from local.providers.sms.account import SmsOptions
from local.providers.state import ProvidersOptions
from local.simulator.__main__ import await_end_of_stdin

SMS = SmsOptions()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.providers",
        description="Servers that stand for Bark, Aliyun, Tencent and a mail server.",
    )
    parser.add_argument("--sms-key-id", default=SMS.key_id)
    parser.add_argument("--sms-key-secret", default=SMS.key_secret)
    parser.add_argument("--sms-sign-name", default=SMS.sign_name)
    parser.add_argument("--sms-sdk-app-id", default=SMS.sdk_app_id)
    parser.add_argument("--sms-template-code", default="SMS_CODE")
    parser.add_argument("--sms-template-reminder", default="SMS_REMINDER")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when stdin closes")
    return parser.parse_args()


def options(arguments: argparse.Namespace) -> ProvidersOptions:
    sms = SmsOptions(
        key_id=arguments.sms_key_id,
        key_secret=arguments.sms_key_secret,
        sign_name=arguments.sms_sign_name,
        sdk_app_id=arguments.sms_sdk_app_id,
        templates={arguments.sms_template_code: ("code",), arguments.sms_template_reminder: ("app",)},
    )
    return ProvidersOptions(sms=sms)


async def run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if arguments.exit_with_parent:
        threading.Thread(target=await_end_of_stdin, args=(loop, stop), daemon=True).start()
    async with serving(options(arguments)) as urls:
        print(json.dumps(asdict(urls)), flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(run(parse_arguments()))
