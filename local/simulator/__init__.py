"""A server that keeps WeChat's rules, for anyone who writes code against WeChat's API. See docs/simulator.md.

Pure state, clock and chance injected: settings, ids, answers, bodies, tokens, users, permits, templates,
rules, quotas, faults, ledger, sends; drawn together by wechat.WeChat. Thin around it: server (WeChat's
paths), control (the control API), simulator (both on a socket, in a thread), client (talks to the control API).
"""
