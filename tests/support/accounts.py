"""Accounts that tests may be of."""

from minipush.domain.accounts import Account, AccountKind

ACCOUNT = Account("wx0123456789abcdef", AccountKind.MINI_PROGRAM)
ANOTHER = Account("wxfedcba9876543210", AccountKind.OFFICIAL_ACCOUNT)
