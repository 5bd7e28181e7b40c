"""The two send endpoints, and the messages that WeChat accepted."""
