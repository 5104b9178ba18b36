"""A night's articles of aivibe_2025 in; seconds to embed, recall and judge them, and how many gold mentions the recall stage keeps, out.

    uv run python -m evals.judge_night --shared ../shared [--articles 500]

The recall stage is the one of a run: passages near enough to a curated theme's descriptions, in articles on its subject. What it keeps is
counted on the related passages of the labelled sets (the passage's part; a labelled passage has no article around it).
"""

import argparse
import time
from pathlib import Path

import pandas as pd

from tracker.extract import passages
from tracker.records import Theme
from tracker.settings import ExtractSettings, ThemeSettings, read_themes
from tracker.stance.judge import OnnxJudge
from tracker.themes import mentions
from tracker.themes.embed import OnnxEncoder, Vectors, unit

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Print seconds and recall."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--articles", type=int, default=500)
    args = parser.parse_args()
    themes = [entry.theme() for entry in read_themes(ROOT / "themes.yaml").themes]
    frame = pd.read_parquet(args.shared / "corpora/news/aivibe_2025.parquet").sample(args.articles, random_state=0)
    encoder, judge, rules = OnnxEncoder(), OnnxJudge(), ThemeSettings()
    cut = [[p.text for p in passages.split("", text, ExtractSettings().passage_chars)] for text in frame.text]
    texts = [text for of_article in cut for text in of_article]
    of = [i for i, of_article in enumerate(cut) for _ in of_article]

    started = time.perf_counter()
    vectors = encoder.encode(texts)
    articles = [vectors[[j for j, i in enumerate(of) if i == n]].mean(axis=0) for n in range(len(cut))]
    embedded = time.perf_counter()
    pairs = set()
    for theme in themes:
        described = encoder.encode(mentions.descriptions(theme))
        subject = [bool(len(cut[n])) and bool(_on_subject(articles[n], described, rules)) for n in range(len(cut))]
        near = mentions.candidates(texts, vectors, theme, described, rules.candidate_similarity)
        pairs |= {(texts[i], theme.claim) for i in near if subject[of[i]]}
    recalled = time.perf_counter()
    judge.judge(sorted(pairs))
    judged = time.perf_counter()
    print(
        f"{args.articles} articles, {len(texts)} passages: embed {embedded - started:.1f} s, recall {recalled - embedded:.1f} s, "
        f"judge {len(pairs)} pairs {judged - recalled:.1f} s; recall and judge {judged - embedded:.1f} s, all {judged - started:.1f} s"
    )
    _recall(args.shared, themes, encoder, rules)


def _recall(shared: Path, themes: list[Theme], encoder: OnnxEncoder, rules: ThemeSettings) -> None:
    dev = pd.read_json(shared / "evals/stance_ai_dev.jsonl", lines=True)
    silver = pd.read_parquet(shared / "corpora/stance/train_ai_silver.parquet")
    for name, frame in (("dev", dev), ("silver", silver)):
        kept = related = 0
        for theme in themes:
            gold = frame[(frame.theme == theme.slug) & (frame.label != "unrelated")].text.tolist()
            if gold:
                described = encoder.encode(mentions.descriptions(theme))
                kept += len(mentions.candidates(gold, encoder.encode(gold), theme, described, rules.candidate_similarity))
                related += len(gold)
        print(f"{name}: the recall stage keeps {kept} of {related} related passages ({kept / related:.1%})")


def _on_subject(article: Vectors, described: Vectors, rules: ThemeSettings) -> bool:
    return bool(mentions.on_subject(unit(article)[None, :], described, rules.subject_similarity)[0])


if __name__ == "__main__":
    main()
