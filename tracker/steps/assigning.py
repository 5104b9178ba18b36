"""Which themes a text from outside belongs to: texts and titles come in, (slug, strength) lists go out; nothing is stored."""

from collections.abc import Sequence

import numpy as np

from tracker.extract.passages import split
from tracker.records import Theme
from tracker.settings import Settings
from tracker.stance import evidence
from tracker.stance.judge import Judge
from tracker.store import derived
from tracker.store.derived import StoredTheme
from tracker.themes import discover, embed, mentions


def assign(
    texts: Sequence[tuple[str, str]], settings: Settings, stored: Sequence[StoredTheme], encoder: embed.Encoder, judge: Judge
) -> list[list[tuple[str, float]]]:
    """For each text (title, text) its themes with their strength (0..1), strongest first; `stored`: every theme of the archive.

    With a title it is read as an article, as a run does (which also knows its story); without (""), as its passages alone. Hidden themes are out.
    Of a curated theme: the probability that the best passage bears on the claim. Of a discovered one: the cosine of text and centroid, its own or
    that of a theme merged into it.
    """
    pieces = [[p.text for p in split(str(i), text, settings.extract.passage_chars)] or [text] for i, (_, text) in enumerate(texts)]
    flat = [piece for of_text in pieces for piece in of_text]
    owner = np.repeat(np.arange(len(texts)), [len(of_text) for of_text in pieces])
    vectors = encoder.encode(flat)
    titles = encoder.encode([title for title, _ in texts])
    is_article = np.array([bool(title.strip()) for title, _ in texts], dtype=bool)
    own = [vectors[owner == i] for i in range(len(texts))]
    each = [embed.of_article(titles[i], own[i]) if is_article[i] else discover.centroid(own[i]) for i in range(len(texts))]
    whole = np.stack(each) if texts else vectors
    # A passage alone says less of its subject than an article: 38 of the dev set's 214 were lost
    is_single = ~is_article & (np.bincount(owner, minlength=len(texts)) == 1)
    rules = settings.discovery
    found: list[dict[str, float]] = [{} for _ in texts]
    for theme in _followed(settings, stored):
        described = encoder.encode(mentions.descriptions(theme))
        is_on_subject = is_single | mentions.on_subject(whole, described, rules.subject_similarity)
        near = mentions.candidates(flat, vectors, theme, described, rules.candidate_similarity)
        rows = near[is_on_subject[owner[near]]]
        for row, stance in zip(rows, judge.judge([(flat[i], theme.claim) for i in rows]), strict=True):
            if evidence.decide(stance) != "unrelated":
                of_text = found[owner[row]]
                of_text[theme.slug] = max(of_text.get(theme.slug, 0.0), 1 - stance.unrelated)
    known = [s for s in stored if s.centroid is not None]
    if known:
        by_id, ends = {s.theme.theme_id: s for s in stored}, derived.ends(stored)
        best, strength = discover.nearest(whole, np.stack([s.centroid for s in known]), rules.join_similarity)  # type: ignore[misc]
        for of_text, position, cosine in zip(found, best, strength, strict=True):
            if position < 0:
                continue
            end = by_id[ends[known[position].theme.theme_id]]
            if end.status == "active" and end.theme.kind == "discovered":  # a curated one finds its own
                of_text[end.theme.slug] = float(cosine)
    return [sorted(of_text.items(), key=lambda item: (-item[1], item[0])) for of_text in found]


def _followed(settings: Settings, stored: Sequence[StoredTheme]) -> list[Theme]:
    """The curated themes that a run follows and shows: those of themes.yaml, and those it no longer lists."""
    known = {s.theme.slug: s for s in stored}
    listed = [entry.theme() for entry in settings.themes if entry.slug not in known or known[entry.slug].status == "active"]
    slugs = {entry.slug for entry in settings.themes}
    return listed + [s.theme for s in stored if s.theme.kind == "curated" and s.status == "active" and s.theme.slug not in slugs]
