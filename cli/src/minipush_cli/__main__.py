"""`python -m minipush_cli` is the same as `minipush`."""

from minipush_cli.main import run

if __name__ == "__main__":
    run()
