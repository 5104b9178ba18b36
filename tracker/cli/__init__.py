"""The commands: the only reader of the clock, the environment and the arguments."""

from tracker.cli.commands import main

__all__ = ["main"]
