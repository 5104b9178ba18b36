"""(text, claim) pairs in, labels out, by the simple methods a judge has to beat: the majority, sentiment, regression on frozen vectors."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

from tracker.errors import SettingsError
from tracker.records import Label
from tracker.themes.embed import Encoder

Pairs = Sequence[tuple[str, str]]
Floats = npt.NDArray[np.float32]

SEED = 20251125  # any number; fixed so that a score can be repeated
LEANING = 0.05  # compound score from which VADER's authors call a text positive, and -0.05 negative
ARGUMENTS = ("perspectrum", "ibm30k", "debatepoints", "climatefever")  # what the judge learned from besides passages on AI
MOST_ARGUMENTS = 1000  # rows taken of each: with the silver passages, as many as two cores embed in a minute and a half
MOST_CHARS = 400  # as long as our own passages get
STRENGTH = 0.003  # C of the regression; on claims left out of its training sets macro-F1 0.57, 0.54 at 0.03, 0.51 at 0.3
STEPS = 300  # of the solver; it is content with a hundred


def majority(gold: Sequence[Label]) -> list[Label]:
    """The commonest gold label, for every row."""
    return [Counter(gold).most_common(1)[0][0]] * len(gold)


def sentiment(pairs: Pairs) -> list[Label]:
    """VADER's compound score of the text alone: positive supports, negative opposes, else neutral."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    scores = [float(analyzer.polarity_scores(text)["compound"]) for text, _ in pairs]
    return ["supports" if score > LEANING else "opposes" if score < -LEANING else "neutral" for score in scores]


class Regression:
    """Logistic regression on [u, v, |u - v|, u * v] of the frozen vectors u of a text and v of a claim."""

    def __init__(self, pairs: Pairs, labels: Sequence[Label], encoder: Encoder) -> None:
        self._encoder = encoder
        self._model = LogisticRegression(C=STRENGTH, max_iter=STEPS, class_weight="balanced", tol=1e-3)
        self._model.fit(self._features(pairs), labels)

    def __call__(self, pairs: Pairs) -> list[Label]:
        """The most probable label of each pair, of those it was fitted on."""
        found: list[Label] = self._model.predict(self._features(pairs)).tolist()
        return found

    def _features(self, pairs: Pairs) -> Floats:
        u, v = (self._encoder.encode([pair[i] for pair in pairs]) for i in (0, 1))
        size = np.sqrt(
            np.float32(u.shape[1])
        )  # coordinates of unit vectors are small numbers: scaled to 1, the ridge sees them alike
        return np.hstack([size * u, size * v, size * np.abs(u - v), size * size * u * v])


def training(shared: Path) -> tuple[list[tuple[str, str]], list[Label]]:
    """What the regression is fitted on: the silver passages, and a sample of the argument sets. Raises SettingsError."""
    frames = [frame(shared, "train_ai_silver")]
    for name in ARGUMENTS:
        rows = frame(shared, f"train_{name}")
        rows = rows[rows["text"].str.len() <= MOST_CHARS]
        frames.append(rows.sample(min(MOST_ARGUMENTS, len(rows)), random_state=SEED))
    rows = pd.concat(frames)
    return list(zip(rows["text"], rows["claim"], strict=True)), rows["label"].tolist()


def frame(shared: Path, name: str) -> pd.DataFrame:
    """The columns text, claim, label and, where there is one, split of one set under corpora/stance/. Raises SettingsError."""
    path = shared / "corpora" / "stance" / f"{name}.parquet"
    try:
        rows = pd.read_parquet(path)
        return rows[
            [column for column in ("text", "claim", "label", "split") if column in {*rows.columns, "text", "claim", "label"}]
        ]
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(f"{path}: needs columns text, claim and label, as Parquet: {str(error).splitlines()[0]}") from None
