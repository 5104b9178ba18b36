"""Passages take sides: themes and passages come in; mentions, and each article's stance toward each theme, stand in the archive when it is done."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from tracker.records import Mention, Progress, Run, Stance, Theme
from tracker.settings import ThemeSettings
from tracker.stance import evidence
from tracker.stance.judge import Judge
from tracker.store import derived
from tracker.themes import mentions
from tracker.themes.embed import Encoder

Connection = duckdb.DuckDBPyConnection

_PAIRS_AT_ONCE = 256  # between two steps of the progress bar


@dataclass(frozen=True, slots=True)
class _Work:
    """A theme and the passages to show the judge: `scope` are the articles whose mentions are made anew, None for all."""

    theme: Theme
    scope: Collection[str] | None
    digest: str
    sure: float  # from what probability on the judge takes a side on its claim
    rows: Sequence[int]
    members: dict[str, float]  # of a discovered theme, among these: article_id -> strength


def judge_mentions(
    connection: Connection, rules: ThemeSettings, run: Run, encoder: Encoder, judge: Judge, new: Collection[str], progress: Progress
) -> None:  # fmt: skip
    """Judge the new articles for every theme, and all articles for themes whose claim, examples or models changed.

    A discovered theme's articles are judged by their passage nearest to its provisional claim, and again when membership moved.
    """
    stored = [s for s in derived.themes(connection) if s.status != "merged"]
    themes = [s.theme for s in stored]
    changed = {s.theme.theme_id for s in stored if s.judged_with != _digest(s.theme, encoder, judge)}
    moved: dict[str, set[str]] = {t.theme_id: set() for t in themes if t.kind == "discovered"}
    members: dict[str, dict[str, float]] = {t: derived.members(connection, t) if t in changed else {} for t in moved}
    for theme_id, article, strength in derived.moved_members(connection):
        if theme_id in moved:  # not one merged away
            moved[theme_id].add(article)
            if strength is not None:
                members[theme_id][article] = strength
    everything = any(t.theme_id in changed for t in themes if t.kind == "curated")
    wanted = None if everything else {*new, *(article for t in moved for article in (*moved[t], *members[t]))}
    if wanted is not None and not wanted:
        return

    passages = derived.passages(connection, encoder.name, wanted)
    ids, article_vectors = derived.article_vectors(connection, encoder.name, set(passages.articles))
    of_new = np.fromiter((article in new for article in passages.articles), dtype=bool, count=len(passages.articles))
    work = []
    for theme in themes:
        scope = None if theme.theme_id in changed else moved[theme.theme_id] if theme.kind == "discovered" else new
        if theme.kind == "curated":
            described = encoder.encode(mentions.descriptions(theme))
            subject = mentions.on_subject(article_vectors, described, rules.subject_similarity)
            on_subject = {article for article, is_on in zip(ids, subject, strict=True) if is_on}
            inside = [int(i) for i in np.flatnonzero(of_new | (scope is None)) if passages.articles[i] in on_subject]
            texts = [passages.texts[i] for i in inside]
            rows = [inside[i] for i in mentions.candidates(texts, passages.vectors[inside], theme, described, rules.candidate_similarity)]
        else:
            inside = [i for i, article in enumerate(passages.articles) if article in members[theme.theme_id]]
            best = mentions.best_of_each([passages.articles[i] for i in inside], passages.vectors[inside], encoder.encode([theme.claim])[0])
            rows = [inside[i] for i in best.values()]
        sure = evidence.SURE if judge.knows(theme.claim) else evidence.SURE_UNKNOWN
        work.append(_Work(theme, scope, _digest(theme, encoder, judge), sure, rows, members.get(theme.theme_id, {})))

    stances = _judge_all(judge, [(passages.texts[i], w.theme.claim) for w in work for i in w.rows], progress)
    derived.replace_mentions(connection, run, [_found(w, passages, stances) for w in work])
    for w in work:
        if w.theme.theme_id in changed:
            derived.set_judged_with(connection, w.theme.theme_id, w.digest)


def _judge_all(judge: Judge, pairs: Sequence[tuple[str, str]], progress: Progress) -> dict[tuple[str, str], Stance]:
    """Each distinct pair once: copies of a story are read once."""
    distinct = sorted(set(pairs), key=lambda pair: (len(pair[0]), pair))
    found: list[Stance] = []
    for start in range(0, len(distinct), _PAIRS_AT_ONCE):
        found += judge.judge(distinct[start : start + _PAIRS_AT_ONCE])
        progress("judging", len(found), len(distinct))
    return dict(zip(distinct, found, strict=True))


def _found(work: _Work, passages: derived.StoredPassages, stances: dict[tuple[str, str], Stance]) -> derived.ThemeMentions:
    theme = work.theme
    found: list[tuple[Mention, str]] = []
    for i in work.rows:
        stance = stances[passages.texts[i], theme.claim]
        is_unsure = evidence.is_unsure(stance, work.sure)
        if theme.kind == "discovered":
            # The cluster already says that the article is on the subject; only its side is asked, and of a passage the judge would
            # rather call unrelated it stays unsure
            stance = _related(stance)
        label = evidence.decide(stance)
        if label != "unrelated":
            voice, speaker = evidence.voice(passages.texts[i])
            strength = 1 - stance.unrelated
            mention = Mention(passages.ids[i], passages.articles[i], theme.theme_id, strength, stance, voice, speaker, is_unsure)
            found.append((mention, label))
    by_article: dict[str, list[Mention]] = defaultdict(list)
    for mention, _ in found:
        by_article[mention.article_id].append(mention)
    summaries: list[derived.Summary] = []
    for article, of_article in by_article.items():
        side = evidence.of_article(of_article) or (None, None, None)
        strength = work.members.get(article, max(m.strength for m in of_article))
        summaries.append((article, strength, len(of_article), *side, sum(m.is_unsure for m in of_article)))
    return derived.ThemeMentions(theme.theme_id, work.scope, [m for m, _ in found], [label for _, label in found], summaries)


def _related(stance: Stance) -> Stance:
    """The stance given that the passage bears on the claim."""
    rest = max(1 - stance.unrelated, 1e-9)
    return Stance(stance.supports / rest, stance.opposes / rest, stance.neutral / rest, 0.0)


def _digest(theme: Theme, encoder: Encoder, judge: Judge) -> str:
    parts = (theme.kind, theme.claim, *theme.supports, "|", *theme.opposes, "|", *(theme.terms if theme.kind == "curated" else ()))
    rules = f"{evidence.RELATED} {evidence.SURE} {evidence.SURE_UNKNOWN} {evidence.LEANING}"  # labels by other thresholds must not mix either
    return hashlib.sha256("\n".join((*parts, encoder.name, judge.name, rules)).encode()).hexdigest()[:16]
