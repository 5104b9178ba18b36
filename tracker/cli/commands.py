"""The command line as a whole: which commands there are, and how errors leave the program."""

import sys

import typer

from tracker.cli import (
    archive_commands,
    asking,
    backfill_command,
    doctor_command,
    evaluate_command,
    feed_commands,
    running,
    theme_commands,
)
from tracker.cli.terminal import fail
from tracker.errors import TrackerError

app = typer.Typer(
    name="tracker",
    help="Follows the stories that technology coverage tells, and shows how they move: themes, share of coverage, stance over time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
running.add_to(app)
app.command()(backfill_command.backfill)
app.add_typer(feed_commands.app, name="feeds")
app.add_typer(theme_commands.app, name="themes")
asking.add_to(app)
for command in (archive_commands.export, archive_commands.restore, evaluate_command.evaluate, doctor_command.doctor):
    app.command()(command)


def main() -> None:
    """Run the command line: exit 0 done, 1 failed, 2 wrong usage."""
    try:
        app()
    except TrackerError as error:
        fail(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        fail("stopped. What was stored stays; the next run goes on from there.")
        sys.exit(1)
    except BrokenPipeError:  # the reader of a pipe closed it: `tracker sql ... | head`
        sys.stderr.close()
        sys.exit(0)
