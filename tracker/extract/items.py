"""What every feed format says: the fields of a feed and of its items, as text that can be stored, before anything is believed."""

import re
from dataclasses import dataclass

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # controls, and halves of characters that UTF-8 cannot hold


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One item as written; '' where the feed says nothing. `summary` and `content` are HTML without scripts."""

    link: str
    guid: str
    title: str
    author: str
    summary: str
    content: str
    published: str


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed as written. `error` is None or why it is no feed; `warning` is '' or what its parser had to overlook."""

    title: str = ""
    items: tuple[FeedItem, ...] = ()
    error: str | None = None
    warning: str = ""


def storable(value: object) -> str:
    """A field of any kind as text; '' for what is neither text nor a number."""
    known = value if isinstance(value, str) else str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
    return _UNSTORABLE.sub("", known).strip()
