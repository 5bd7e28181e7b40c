"""The account: users, tokens, templates, quotas and text checks."""
