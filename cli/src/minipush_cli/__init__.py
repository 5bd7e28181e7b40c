"""The command line of minipush."""

__version__ = "0.1.0"
