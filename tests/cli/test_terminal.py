"""What was crawled is shown on a terminal as it is, and does nothing to it."""

import os
import pty
from collections.abc import Sequence
from contextlib import redirect_stdout

import pytest

from tracker.cli.terminal import fail, table


def on_terminal(columns: Sequence[str], *rows: Sequence[object]) -> list[str]:
    """The lines that a real terminal is sent: the names of the columns, in bold, and the rows."""
    keyboard, screen = pty.openpty()
    with os.fdopen(screen, "w", encoding="utf-8") as sink, redirect_stdout(sink):
        table(columns, rows, as_json=False)
        sink.flush()
        sent = os.read(keyboard, 65536).decode()
    os.close(keyboard)
    return [line.rstrip() for line in sent.splitlines()]


@pytest.mark.parametrize("text", [r"\[/b] a", "[/b] b", "[red]c", ":smile: d", "[link=https://x.org]e[/link]", "f\\"])
def test_markup_in_crawled_text_and_in_names_of_columns_is_shown_as_it_is(text: str) -> None:
    names, row = on_terminal((text,), (text,))
    assert text in names and row == text


def test_control_characters_do_not_reach_a_terminal_and_line_ends_do(capsys: pytest.CaptureFixture[str]) -> None:
    crawled = "a\x1b[2J\x9b31m\x08\x00\rb\tc"
    assert on_terminal(("title",), (crawled,), (["d\x1b", "e"],), ("f\ng",))[1:] == ["a[2J31mb c", "d, e", "f", "g"]
    table(("a", "b"), [("1\x1b[0m", "2\t3")], as_json=False)
    fail("no theme\x1b]0;x\x07")
    assert tuple(capsys.readouterr()) == ("a     b\n1[0m  2 3\n", "error: no theme]0;x\n")
