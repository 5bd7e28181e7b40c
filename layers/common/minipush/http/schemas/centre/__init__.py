"""The JSON of the message centre."""
