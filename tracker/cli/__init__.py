"""The commands: the only reader of the clock, the environment and the arguments."""


def main() -> None:
    """Run the command line. Imported inside, as worker processes import the program's main module again and need none of it."""
    from tracker.cli import commands

    commands.main()


__all__ = ["main"]
