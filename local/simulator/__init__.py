"""A server that keeps WeChat's rules, for anyone who writes code against WeChat's API. See docs/simulator.md.

Pure state, clock and chance injected: settings, ids, answers, bodies, tokens, users, permits, popups, templates,
rules, quotas, faults, ledger, sends, events, outbox; drawn together by wechat.WeChat. Thin around it: server
(WeChat's paths), pusher and pushes (to the callback), control, user_control and commands (the control API),
simulator (all on a socket), client (asks the control API).
"""
