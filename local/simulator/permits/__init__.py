"""The permits that users give."""
