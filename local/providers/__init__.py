"""Servers that stand for the providers of reminders, for tests and for a stack on one machine. See docs/providers.md.

- `bark`: Bark's server with the phones behind it. `sms/`: Aliyun and Tencent. `smtp`: a mail server.
- `phones`: what users have on their screens. `faults`: scripted faults.
- `control`: the control API; `client` calls it.
- `server`: HTTP; `providers`: all of them on sockets; `state`: what a reset replaces.
"""
