"""A server that implements WeChat's rules, for anyone who writes code against WeChat's API. See docs/simulator.md.

- `wechat`: the endpoints of one account, as functions of a query and a body. Pure state: the clock and the random
  seed are injected.
- `account/`: users, tokens, templates, quotas, text checks, identifiers and the clock.
- `permits/`: formIds, prepay_ids, accepted subscriptions and the popup that asks for them.
- `sending/`: the two send endpoints, the field rules and the ledger of accepted messages.
- `pushes/`: events, the callback, the outbox and the pusher.
- `faults`: scripted faults.
- `control/`: the control API; `client` calls it.
- `server`: HTTP; `simulator`: all of it on a socket; `state`: what a reset replaces; `settings`.
"""
