"""The use cases of the message centre."""
