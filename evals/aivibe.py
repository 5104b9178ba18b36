"""aivibe_2025 and what people read in it, in; how often the packaged judge agrees, passage by passage and article by article, out.

    uv run python -m evals.aivibe --shared ../shared

`aivibe_mentions.tsv`: mentions the judge was sure of, each read blind (the judge's label hidden) by ../shared/evals/stance_guide.md; `judge` is
what it said then. Batches 1 and 2 are drawn at random of all, from a probability of 0.6 and 0.7 on; three in four of them had been
labelled for training, so batch 3 adds all the others it had never been trained on. The groups are counted apart.
`aivibe_articles.tsv`: articles read as wholes. Both hold ids, digests and labels, no text.
"""

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tracker.cli.terminal import table
from tracker.extract import passages
from tracker.records import LABELS, Mention, Stance
from tracker.settings import ExtractSettings, read_themes
from tracker.stance import evidence
from tracker.stance.judge import OnnxJudge
from training import labelled, pairs

HERE = Path(__file__).parent
SET = "aivibe_2025"
Summary = Callable[[Sequence[Stance]], str]


def main() -> None:
    """Judge the passages and articles again, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    shared = parser.parse_args().shared
    claims = {theme.slug: theme.claim for theme in read_themes(HERE.parent / "themes.yaml").themes}
    judge = OnnxJudge()
    material = [*pairs.silver(shared), *labelled.found(shared)]
    trained = {(p.theme, labelled.digest(p.text)) for p in material if not pairs.is_held_out(p.text)}
    _mentions(judge, claims, labelled.texts(shared, SET), trained)
    _articles(judge, claims, pd.read_parquet(shared / f"corpora/news/{SET}.parquet").set_index("id"))


def _mentions(judge: OnnxJudge, claims: dict[str, str], texts: dict[str, str], trained: set[tuple[str, str]]) -> None:
    rows = _read("aivibe_mentions.tsv")
    known = [row for row in rows if row["text_sha256"] in texts]
    stances = judge.judge([(texts[row["text_sha256"]], claims[row["theme"]]) for row in known])
    print(f"{len(rows)} mentions read blind, {len(known)} of them found again; {judge.name}")
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row, stance in zip(known, stances, strict=True):
        if not evidence.is_unsure(stance):
            seen = "trained on" if (row["theme"], row["text_sha256"]) in trained else "never trained on"
            groups[seen].append((evidence.decide(stance), row["reader"]))
            groups[f"batch {row['batch']}"].append(groups[seen][-1])
    for name, answers in sorted(groups.items()):
        kinds = Counter(pair for pair in answers if pair[0] != pair[1])
        listed = ", ".join(f"{ours} / {theirs} {n}" for (ours, theirs), n in kinds.most_common())
        print(f"{name}: {sum(a == b for a, b in answers)} of {len(answers)} agree; judge / reader: {listed}")


def _articles(judge: OnnxJudge, claims: dict[str, str], articles: pd.DataFrame) -> None:
    rows = _read("aivibe_articles.tsv")
    cut = [[p.text for p in passages.split("", _lines(articles.text[row["article"]]), ExtractSettings().passage_chars)] for row in rows]
    asked = [(text, claims[row["theme"]]) for row, texts in zip(rows, cut, strict=True) for text in texts]
    answers = iter(judge.judge(asked))
    stances = [[next(answers) for _ in texts] for texts in cut]
    found = []
    for name, summary in SUMMARIES.items():
        labels = [summary([s for s in of_article if evidence.decide(s) != "unrelated"]) for of_article in stances]
        pairs = [(row["label"], label) for row, label in zip(rows, labels, strict=True)]
        seen = [(gold, label) for gold, label in pairs if "unrelated" not in (gold, label)]
        right, side = np.mean([gold == label for gold, label in pairs]), np.mean([gold == label for gold, label in seen])
        found.append((name, f"{right:.2f}", f"{side:.2f} of {len(seen)}", ", ".join(f"{n} {label}" for label, n in Counter(labels).items())))
    print(f"{len(rows)} articles read as wholes, every passage judged")
    table(("summary", "right of four labels", "right of three, where both see the issue", "given"), found, as_json=False)


def _of_article(stances: Sequence[Stance]) -> str:
    found = evidence.of_article([Mention("", "", "", 1.0, s, "outlet", None, evidence.is_unsure(s)) for s in stances])
    return "unrelated" if found is None else found[0]


def _majority(stances: Sequence[Stance]) -> str:
    labels = [evidence.decide(s) for s in stances if not evidence.is_unsure(s)]
    return max(LABELS, key=labels.count) if labels else "unrelated"


def _surest(stances: Sequence[Stance]) -> str:
    return evidence.decide(max(stances, key=_best)) if stances else "unrelated"


def _first(stances: Sequence[Stance]) -> str:
    return evidence.decide(stances[0]) if stances else "unrelated"


def _best(stance: Stance) -> float:
    return max(stance.supports, stance.opposes, stance.neutral)


SUMMARIES: dict[str, Summary] = {
    "sums of probabilities (ours)": _of_article,
    "majority of sure passages": _majority,
    "surest passage": _surest,
    "first passage": _first,
}


def _read(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _lines(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())


if __name__ == "__main__":
    main()
