"""A seed comes in; an archive of invented stories goes out, published the real way, with every awkward case the pages must survive.

Large: 12 outlets, 400 days with a gap of four weeks, a dead outlet, a tiny one, a story with six copies, a planted turn, an
empty theme, a theme of hostile texts, a change of judge, known scores of the judge. Small: the size of the demo world, about ten
stories a theme, of a judge whose scores nobody knows.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.dashboard import invented_lineage
from tests.dashboard.invented_themes import HEADLINES, HOSTILE, LARGE, LAST, NEUTRAL, SMALL, SUBJECTS, SUPPORTS, TEXTS, TURN, Plan
from tracker.measures import label_error
from tracker.records import Label
from tracker.store.database import open_archive
from tracker.store.publish import publish

GAP = (date(2026, 3, 2), date(2026, 3, 29))  # four whole weeks, Monday to Sunday
RUN = "20261101T041000Z"
REJUDGED = date(2026, 9, 1)
JUDGE, JUDGE_BEFORE = "stance-judge 2026-11-22", "stance-judge 2026-06-01"
UNSURE_EVERY = 9  # the judge abstains on each ninth article
CONFUSION: dict[Label, dict[Label, int]] = {  # gold -> found -> passages
    "supports": {"supports": 40, "opposes": 4, "neutral": 16, "unrelated": 9},
    "opposes": {"supports": 5, "opposes": 31, "neutral": 12, "unrelated": 6},
    "neutral": {"supports": 12, "opposes": 8, "neutral": 90, "unrelated": 20},
    "unrelated": {"supports": 6, "opposes": 2, "neutral": 25, "unrelated": 120},
}

MOVES = [  # every kind, with the numbers that belong to it
    dict(
        zip(
            (
                "theme_id",
                "move",
                "stories",
                "expected",
                "weeks_before",
                "stories_before",
                "ratio",
                "low",
                "high",
                "p_value",
                "q_value",
            ),
            row,
            strict=True,
        )
    )
    | {"first_day": LAST - timedelta(days=6), "last_day": LAST, "of_stories": 171}
    for row in (
        ("t0", "growing", 41, 18.2, 12, 221, 2.2527, 1.4, 3.6, 0.0004, 0.002),
        ("t1", "steady", 13, 14.1, 12, 170, 0.9219, 0.5, 1.6, 0.8, 0.8),
        ("t2", "silent", 0, 6.4, 12, 77, 0.0, 0.0, 0.7, 0.02, 0.05),
        ("t3", "too little data", 0, None, 12, 0, None, None, None, None, None),
        ("t4", "new", 9, None, 12, 0, None, None, None, None, None),
        ("th", "growing", 5, 0.0, 12, 0, None, 9.7, None, 0.0002, 0.001),
    )
]

OUTLETS = {
    "lattice.example": ("Lattice Ledger", "news"),
    "quantile.example": ("Quantile Post", "news"),
    "harrow.example": ("Harrow Wire", "news"),
    "northgate.example": ("Northgate Business", "trade"),
    "substation.example": ("Substation Weekly", "trade"),
    "bluefin.example": ("Bluefin Labs", "lab"),
    "tensor.example": ("Tensor Notebook", "newsletter"),
    "saltmarsh.example": ("Saltmarsh Review", "research"),
    "civic.example": ("Civic Circuit", "policy"),
    "ember.example": ("Ember Street", "news"),
    "tiny.example": ("Tiny Letter", "newsletter"),
    "fallen.example": ("Fallen Tower", "news"),
}
DEAD, TINY = "fallen.example", "tiny.example"


def build(data: Path, size: str = "large", seed: int = 7) -> Path:
    """Publish the invented world in the folder `data`; the published file goes out."""
    plans, days, rate = (LARGE, 400, 2.6) if size == "large" else (SMALL, 540, 0.024)
    draw = np.random.default_rng(seed)
    connection = open_archive(None)
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("articles", "story_members", "article_themes", "mentions", "passages", "coverage_days")
    }
    first = LAST - timedelta(days=days - 1)
    for number in range(days):
        day = first + timedelta(days=number)
        is_gap = size == "large" and GAP[0] <= day <= GAP[1]
        for outlet in OUTLETS:
            is_missing = is_gap or outlet == DEAD or (outlet == "ember.example" and size == "large" and 20 <= number % 200 < 34)
            state = "missing" if is_missing else "partial" if draw.random() < 0.02 else "complete"
            rows["coverage_days"].append(
                {
                    "outlet": outlet,
                    "day": day,
                    "polls": 0 if is_gap else 4,
                    "failures": 4 if outlet == DEAD and not is_gap else 0,
                    "new_articles": 0,
                    "expected": None if outlet == DEAD else 2.6,
                    "state": state,
                }
            )
            weekend = 0.4 if day.weekday() >= 5 and size == "large" else 1.0
            wanted = (
                0
                if is_missing
                else int(draw.poisson(rate * weekend))
                if outlet != TINY
                else int(number in (days - 20, days - 60, days - 90))
            )
            rows["coverage_days"][-1]["new_articles"] = wanted
            for _ in range(wanted):
                _story(rows, draw, plans, day, outlet, size == "small" or outlet == TINY)
    themes = [
        {
            "theme_id": f"t{n}",
            "slug": p.slug,
            "name": p.name,
            "kind": p.kind,
            "claim": p.claim,
            "claim_from": "yaml" if p.kind == "curated" else "a0",
            "terms": p.name.lower().split(", "),
            "status": "active",
        }
        for n, p in enumerate(plans)
    ]
    if size == "large":
        themes.append(
            {
                "theme_id": "th",
                "slug": "hostile",
                "name": "Hostile <b>texts</b> [x](javascript:alert(1))",
                "kind": "curated",
                "claim": "Titles $x$ are *not* trusted.",
                "claim_from": "yaml",
                "terms": [],
                "status": "active",
            }
        )
        for text, outlet in zip(HOSTILE, OUTLETS, strict=False):
            _article(
                rows,
                LAST - timedelta(days=3),
                outlet,
                text,
                text,
                {"th": "supports"},
                "javascript:alert(1)" if "click" in text else None,
            )
        original = _article(
            rows,
            LAST - timedelta(days=9),
            "harrow.example",
            "Harrow Wire: {x} pauses".format(x="Quillon"),
            SUPPORTS[2].format(x="Quillon"),
            {"t0": "supports"},
        )
        for outlet in list(OUTLETS)[3:9]:
            _article(
                rows,
                LAST - timedelta(days=8),
                outlet,
                "Quillon pauses, a copy",
                SUPPORTS[2].format(x="Quillon"),
                {"t0": "supports"},
                story=original,
            )
        undated = _article(rows, LAST, "saltmarsh.example", "An article without a date", NEUTRAL[0], {"t0": "neutral"})
        next(row for row in rows["articles"] if row["article_id"] == undated).update(published_at=None, published_from="unknown")
    _write(
        connection,
        "outlets",
        [
            {"outlet": o, "name": name, "kind": kind, "tier": 2, "country": "US", "first_seen_at": _at(first)}
            for o, (name, kind) in OUTLETS.items()
        ],
    )
    _write(
        connection,
        "feeds",
        [{"outlet": o, "feed": f"https://{o}/feed.xml", "is_enabled": True, "first_seen_at": _at(first)} for o in OUTLETS],
    )
    _write(connection, "themes", [{"run_id": RUN, **row} for row in themes])
    for table in ("articles", "story_members", "article_themes", "mentions", "passages"):
        _write(connection, table, [{"run_id": RUN, **row} for row in rows[table]])
    _write(connection, "coverage_days", rows["coverage_days"])
    _write(connection, "feed_states", [_feed_state(outlet) for outlet in OUTLETS])
    _write(
        connection,
        "rejections",
        [
            {"run_id": RUN, "url": f"https://{o}/r{n}", "outlet": o, "stage": stage, "reason": reason, "seen_at": _at(LAST)}
            for o in list(OUTLETS)[:6]
            for n, (stage, reason) in enumerate((("extract", "paywall"), ("fetch", "http_404"), ("fetch", "robots_disallow")))
        ],
    )
    _write(
        connection,
        "runs",
        [_run(RUN, LAST, JUDGE)]
        if size == "small"
        else [_run("20260601T041000Z", TURN, JUDGE_BEFORE), _run("20260901T041000Z", REJUDGED, JUDGE), _run(RUN, LAST, JUDGE)],
    )
    if size == "large":
        _judge_tables(connection)
        invented_lineage.add(connection)
    connection.execute(
        """insert into stance_days by name
           select theme_id, day, count(*) filter (stance = 'supports')::integer as supports, count(*) filter (stance = 'opposes')::integer as opposes,
                  count(*) filter (stance = 'neutral')::integer as neutral, count(*) filter (stance is null)::integer as unsure,
                  0 as stories_28d, 0 as outlets_28d from story_themes group by all"""
    )
    if size == "large":
        _write(
            connection,
            "turning_days",
            [
                {
                    "theme_id": "t0",
                    "day": TURN,
                    "first_day": TURN - timedelta(days=7),
                    "last_day": TURN + timedelta(days=7),
                    "measure": measure,
                    "before": before,
                    "after": after,
                    "p_value": p,
                    "articles": [],
                    "panel_before": before,
                    "panel_after": in_panel,
                    "may_be_artefact": in_panel == before,
                }
                for measure, before, after, p, in_panel in (("share", 0.05, 0.11, 0.0005, 0.1), ("net_stance", -0.3, 0.45, 0.004, -0.3))
            ],
        )
        gone = {"theme_id": "t0", "measure": "share", "day": TURN - timedelta(days=200), "before": 0.02, "after": 0.05, "withdrawn_on": TURN}
        _write(connection, "withdrawn_points", [gone])
        _write(connection, "theme_moves", MOVES)
    path = publish(connection, data, RUN).path
    connection.close()
    return path


def _story(
    rows: dict[str, list[dict[str, Any]]],
    draw: np.random.Generator,
    plans: Sequence[Plan],
    day: date,
    outlet: str,
    is_on_theme: bool,
) -> None:
    subject = str(draw.choice(SUBJECTS))
    chances = np.array([plan.share(day) for plan in plans])
    if is_on_theme:
        chances = chances / chances.sum() * 0.8
    place = int(np.searchsorted(np.cumsum(chances), draw.random()))
    stances: dict[str, str] = {}
    stance = "neutral"
    if place < len(plans):
        supports, opposes = plans[place].supports(day), plans[place].opposes(day)
        stance = str(draw.choice(["supports", "opposes", "neutral"], p=[supports, opposes, max(0.0, 1 - supports - opposes)]))
        stances = {f"t{place}": stance}
    _article(
        rows,
        day,
        outlet,
        str(draw.choice(HEADLINES)).format(x=subject),
        str(draw.choice(TEXTS[stance])).format(x=subject),
        stances,
        hour=int(draw.integers(5, 22)),
    )


def _article(
    rows: dict[str, list[dict[str, Any]]],
    day: date,
    outlet: str,
    title: str,
    text: str,
    stances: Mapping[str, str],
    url: str | None = None,
    story: str | None = None,
    hour: int = 9,
) -> str:
    article = f"a{len(rows['articles']):06d}"
    rows["articles"].append(
        {
            "article_id": article,
            "outlet": outlet,
            "url": url or f"https://{outlet}/{article}",
            "raw_url": "",
            "title": title,
            "author": None,
            "language": "en",
            "published_at": _at(day, hour),
            "published_from": "feed",
            "date_note": "",
            "first_seen_at": _at(day, 23),
            "text": text,
            "text_source": "page",
            "words": len(text.split()),
        }
    )
    rows["story_members"].append({"article_id": article, "story_id": story or article, "signature": b""})
    rows["passages"].append(
        {"passage_id": f"{article}-0", "article_id": article, "position": 0, "text": text, "is_boilerplate": False}
    )
    is_unsure = len(rows["articles"]) % UNSURE_EVERY == 0
    for theme, stance in stances.items():
        chances = {f"p_{side}": 0.82 if side == stance else 0.05 for side in TEXTS}
        is_quoted = "said Ilse Barendt" in text
        rows["mentions"].append(
            {
                "passage_id": f"{article}-0",
                "article_id": article,
                "theme_id": theme,
                "strength": 0.92,
                "stance": stance,
                **chances,
                "p_unrelated": 0.08,
                "voice": "quoted" if is_quoted or "Oren" in text else "outlet",
                "speaker": "Ilse Barendt" if is_quoted else None,
                "is_unsure": is_unsure,
            }
        )
        rows["article_themes"].append(
            {
                "article_id": article,
                "theme_id": theme,
                "strength": 0.92,
                "passages": 1,
                "stance": None if is_unsure else stance,
                "net_stance": None if is_unsure else {"supports": 0.77, "opposes": -0.77, "neutral": 0.0}[stance],
                "confidence": None if is_unsure else 0.82,
                "unsure": int(is_unsure),
            }
        )
    return article


def _run(run: str, day: date, judge: str) -> dict[str, Any]:
    return {
        "run_id": run,
        "command": "run",
        "started_at": _at(day, 4),
        "finished_at": _at(day, 5),
        "articles_new": 61,
        "encoder": "minilm-l6 int8",
        "judge": judge,
        "code_version": "0.1.0",
        "settings_digest": "0123456789ab",
    }


def _judge_tables(connection: Any) -> None:
    """Scores on 406 passages, of which 120 are on the first theme and 30 on the second; and the errors made there."""
    scored = [("all", 406), (LARGE[0].slug, 120), (LARGE[1].slug, 30)]
    measured = {
        "macro_f1": 0.71,
        "macro_f1_related": 0.74,
        "polarity": 0.88,
        "ece": 0.08,
        "ece_crossfit": 0.04,
        "abstained": 0.11,
    }
    scores = [
        {"judge": JUDGE, "set": "dev", "theme": theme, "measure": measure, "value": value, "low": value - 0.05, "high": value + 0.05, "rows": rows}
        for theme, rows in scored
        for measure, value in (measured | {f"f1_{label}": 0.6 for label in CONFUSION}).items()
    ]  # fmt: skip
    _write(connection, "judge_scores", scores)
    passages = [
        {"judge": JUDGE, "gold": gold, "found": found, "passages": number}
        for gold, of in CONFUSION.items()
        for found, number in of.items()
    ]
    _write(connection, "judge_confusion", passages)
    rates = label_error.drawn(label_error.counted(CONFUSION), seed=1).rates
    draws = [
        {"draw": draw, "gold": gold, "found": found, "probability": float(rates[draw, i, j])}
        for draw in range(len(rates))
        for i, gold in enumerate(label_error.SIDES)
        for j, found in enumerate(label_error.SIDES)
    ]
    _write(connection, "label_error_draws", draws)


def _feed_state(outlet: str) -> dict[str, Any]:
    is_dead = outlet == DEAD
    return {
        "outlet": outlet,
        "feed": f"https://{outlet}/feed.xml",
        "last_ok_at": None if is_dead else _at(LAST, 4),
        "last_outcome": "soft_error" if is_dead else "ok",
        "last_reason": "http_503" if is_dead else "",
        "failures_in_a_row": 31 if is_dead else 0,
        "articles_30d": 0 if is_dead else 70,
        "silent_since": _at(LAST - timedelta(days=20)) if outlet == TINY else None,
        "next_due_at": _at(LAST, 10),
    }


def _at(day: date, hour: int = 0) -> datetime:
    return datetime.combine(day, time(hour), UTC).replace(tzinfo=None)


def _write(connection: Any, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    batch = pa.Table.from_pylist([dict(row) for row in rows])
    connection.register("batch", batch)
    connection.execute(f"insert into {table} by name select * from batch")  # one of our own table names
    connection.unregister("batch")
