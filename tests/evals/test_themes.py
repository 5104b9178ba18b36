"""Agreement of clusters with classes is counted right, and the sample is the same for the same seed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evals import themes
from tracker.errors import SettingsError


def test_agreement_of_clusters_with_classes() -> None:
    labels = ["a", "a", "a", "b", "b", "b"]
    whole = themes.clustering(labels, np.array([0, 0, 0, 1, 1, 1]))
    assert (whole.themes, whole.purity, whole.placed) == (2, 1.0, 1.0)
    assert whole.nmi == pytest.approx(1.0)
    mixed = themes.clustering(labels, np.array([0, 0, -1, 0, 1, -1]))
    assert (mixed.themes, mixed.purity) == (2, 0.75)
    assert mixed.placed == pytest.approx(4 / 6)
    assert themes.clustering(labels, np.full(6, -1)) == themes.Clustering(0, 0.0, 0.0, 0.0)


def test_the_sample_depends_on_the_seed_alone(tmp_path: Path) -> None:
    path = tmp_path / "news.parquet"
    pd.DataFrame({"title": [str(i) for i in range(50)], "text": "x", "label": "a"}).to_parquet(path)
    assert themes.read(path, 1, 10) == themes.read(path, 1, 10)
    assert themes.read(path, 1, 10) != themes.read(path, 2, 10)
    assert len(themes.read(path, 1, 500)[0]) == 50


def test_a_file_without_classes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "news.parquet"
    pd.DataFrame({"title": ["a"]}).to_parquet(path)
    with pytest.raises(SettingsError, match=r"news\.parquet"):
        themes.evaluate(path, 1)
