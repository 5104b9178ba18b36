"""Markup off: HTML of unknown origin comes in, plain text goes out."""

import hashlib
import html
import re

import nh3

_BLOCK = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h[1-6]|blockquote|pre|tr|table|section|article|figure|figcaption|hr|dd|dt)\b[^>]*>", re.IGNORECASE
)
# What blog software adds below an entry: about the site, not from the article.
_FURNITURE = re.compile(
    r"^The post\b.{1,300}\bappeared first on\b.{1,120}$"
    r"|^(?:\(?more\u2026\)?|read (?:more|the (?:full|rest|whole).{0,60})|continue reading.{0,120}|comments)"
    r"[.\u2026\u2192\u00bb\s]*$",
    re.IGNORECASE,
)
_CUT = re.compile(r"\s*\[?(?:\u2026|\.\.\.)\]?\s*(?:read more|continue reading)?[\s\u2192\u00bb]*$", re.IGNORECASE)

_WORDS = re.compile(r"[^\W_]+")
_TELLING_LETTERS = 4  # the, and, for and their like say nothing about a headline


def line(text: str) -> str:
    """A title or a name: tags off, character references resolved, on one line, no control characters."""
    return " ".join(controls_off(html.unescape(nh3.clean(text, tags=set()))).split())


def paragraphs(markup: str) -> str:
    """Text with one paragraph a line, without the 'read more' lines that feeds add."""
    lines = (line(part) for part in _BLOCK.sub("\n", markup).split("\n"))
    kept = [text for text in lines if text and not _FURNITURE.match(text)]
    if kept and kept[-1].endswith(("]", "\u2192", "\u00bb", "read more", "Read more", "Continue reading")):
        kept[-1] = _CUT.sub("\u2026", kept[-1])
    return "\n".join(kept)


def fingerprint(text: str) -> str:
    """16 hexadecimal digits that are the same for texts that differ only in case, spaces and punctuation."""
    return hashlib.sha256(" ".join(_WORDS.findall(text.casefold())).encode()).hexdigest()[:16]


def controls_off(text: str) -> str:
    """The text without control characters; line ends and spaces stay."""
    return "\n".join(line if line.isprintable() else _visible(line) for line in text.split("\n"))


def _visible(line: str) -> str:
    return "".join(char for char in line if char.isprintable() or char.isspace())


def cells_apart(text: str) -> str:
    """Each cell of a table row (`| a | b |`, as trafilatura writes it) on its own line: old pages lay out text and navigation in cells."""
    lines = text.split("\n")
    return "\n".join(cell for row in lines for cell in (_cells(row) if row.startswith("|") else [row]))


def _cells(row: str) -> list[str]:
    return [cell for part in row.split("|") if (cell := part.strip()).strip("-: ")]


def telling_words(text: str) -> set[str]:
    """The words that say what a headline is about, in lower case: those of four letters or more, else all."""
    words = set(_WORDS.findall(text.casefold()))
    return {word for word in words if len(word) >= _TELLING_LETTERS} or words
