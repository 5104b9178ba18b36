"""Words of a command line come in; exit code and both outputs of the whole program go out."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from tracker.cli import main


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person at the terminal sees."""

    code: int
    out: str
    err: str


def run(*words: str) -> Answer:
    """Run `tracker words...` in this process, as the installed command does."""
    before, out, err, code = sys.argv, io.StringIO(), io.StringIO(), 0
    sys.argv = ["tracker", *words]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.argv = before
    return Answer(code, out.getvalue(), err.getvalue())
