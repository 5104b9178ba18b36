"""The stories of a new theme come in; what it is called and what it provisionally claims, both taken from its own texts, go out."""

import re
from collections.abc import Sequence

import duckdb

from tracker.store import derived
from tracker.store.discovered import Stories
from tracker.themes import discover, label
from tracker.themes.phrases import Phrases

TERMS = 10  # kept of a theme
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")  # no word of a theme
_BODY = 2000  # characters that say what a story is about


def bodies(stories: Stories) -> list[str]:
    """The text that is read of each story: headline and beginning, without addresses."""
    return [_ADDRESS.sub("", f"{title}. {text}")[:_BODY] for title, text in zip(stories.titles, stories.texts, strict=True)]


def worded(
    connection: duckdb.DuckDBPyConnection, encoder: str, stories: Stories, rows: Sequence[int], terms: Sequence[str], said: Phrases
) -> tuple[str, str, str, str]:
    """(slug, name, claim, claim_from) of a theme of these rows of `stories`, whose phrases are in `said`; no other theme has that slug or name."""
    known = [s.theme for s in derived.themes(connection)]
    mean = discover.centroid(stories.vectors[list(rows)])
    name = label.name(terms, rows, said, [theme.name for theme in known])
    slug = label.slug(name, [theme.slug for theme in known])
    passages = derived.passages(connection, encoder, [stories.ids[i] for i in rows])
    position = label.provisional_claim(passages.texts, passages.vectors, mean, name)
    if position is not None:
        return slug, name, passages.texts[position].strip(), passages.articles[position]
    best = max(rows, key=lambda i: float(stories.vectors[i] @ mean))  # no passage is assertive: the most central headline
    return slug, name, stories.titles[best], stories.ids[best]
