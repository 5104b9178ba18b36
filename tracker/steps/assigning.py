"""Which themes a text from outside belongs to: texts come in, (slug, strength) lists go out; nothing is stored."""

from collections.abc import Sequence

import numpy as np

from tracker.extract.passages import split
from tracker.records import Theme
from tracker.settings import Settings
from tracker.stance import evidence
from tracker.stance.judge import Judge
from tracker.store.derived import StoredTheme
from tracker.themes import discover, embed, mentions


def assign(
    texts: Sequence[str], settings: Settings, discovered: Sequence[StoredTheme], encoder: embed.Encoder, judge: Judge
) -> list[list[tuple[str, float]]]:
    """For each text its themes with their strength (0..1), strongest first.

    Of a curated theme: the probability that the best passage bears on the claim. Of a discovered one: the cosine of text and centroid.
    """
    pieces = [[p.text for p in split(str(i), text, settings.extract.passage_chars)] or [text] for i, text in enumerate(texts)]
    flat = [piece for of_text in pieces for piece in of_text]
    owner = np.repeat(np.arange(len(texts)), [len(of_text) for of_text in pieces])
    vectors = encoder.encode(flat)
    found: list[dict[str, float]] = [{} for _ in texts]
    for entry in settings.themes:
        theme = Theme("", entry.slug, entry.name, "curated", entry.claim, "yaml", entry.aliases, entry.supports, entry.opposes)
        described = encoder.encode(mentions.descriptions(theme))
        rows = mentions.candidates(flat, vectors, theme, described, settings.discovery.candidate_similarity)
        for row, stance in zip(rows, judge.judge([(flat[i], theme.claim) for i in rows]), strict=True):
            if evidence.decide(stance) != "unrelated":
                of_text = found[owner[row]]
                of_text[entry.slug] = max(of_text.get(entry.slug, 0.0), 1 - stance.unrelated)
    known = [theme for theme in discovered if theme.centroid is not None and theme.status == "active"]
    if known and texts:
        whole = np.stack([discover.centroid(vectors[owner == i]) for i in range(len(texts))])
        best, strength = discover.nearest(whole, np.stack([t.centroid for t in known]), settings.discovery.join_similarity)  # type: ignore[misc]
        for of_text, position, cosine in zip(found, best, strength, strict=True):
            if position >= 0:
                of_text[known[position].theme.slug] = float(cosine)
    return [sorted(of_text.items(), key=lambda item: (-item[1], item[0])) for of_text in found]
