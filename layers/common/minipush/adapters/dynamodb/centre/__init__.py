"""The Centre table."""
