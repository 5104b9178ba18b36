"""The packaged encoder: unit vectors that depend on the text alone, made once in a process."""

import numpy as np
import pytest

from tracker.themes.embed import DIMENSIONS, OnnxEncoder

TEXTS = [
    "Labs are running out of text to train on.",
    "The supply of good training data for language models is nearly used up, several researchers said this week.",
    "The football club sold its stadium.",
    "",
]


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder()


def test_rows_are_unit_vectors_in_the_order_given(encoder: OnnxEncoder) -> None:
    rows = encoder.encode([*TEXTS, TEXTS[0]])
    assert rows.shape == (5, DIMENSIONS)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert (rows[0] == rows[4]).all()
    assert rows[0] @ rows[1] > 0.3 > rows[0] @ rows[2]
    assert encoder.encode([]).shape == (0, DIMENSIONS)


def test_a_vector_does_not_depend_on_its_company_nor_on_what_was_asked_before(encoder: OnnxEncoder) -> None:
    together = encoder.encode(TEXTS)
    for text, row in zip(reversed(TEXTS), reversed(together), strict=True):
        assert (OnnxEncoder(threads=1).encode([text])[0] == row).all()


def test_a_text_is_encoded_once_in_a_process() -> None:
    counted: list[tuple[int, int]] = []
    encoder = OnnxEncoder()
    first = encoder.encode(TEXTS[:2], lambda done, total: counted.append((done, total)))
    again = encoder.encode(TEXTS[:3], lambda done, total: counted.append((done, total)))
    assert counted == [(2, 2), (1, 1)]
    assert (again[:2] == first).all()


def test_what_is_handed_out_can_be_changed_without_harm() -> None:
    encoder = OnnxEncoder()
    before = encoder.encode(TEXTS[:1]).copy()
    encoder.encode(TEXTS[:1])[:] = 0
    assert (encoder.encode(TEXTS[:1]) == before).all()
