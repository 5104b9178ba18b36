"""Whose voice a passage is, what a reader is told about it, and what an article's passages add up to."""

import pytest

from tracker.records import Mention, Stance
from tracker.stance import evidence


@pytest.mark.parametrize(
    ("passage", "speaker"),
    [
        ("“We are running out of text,” said Maria Okafor, who founded a small lab.", "Maria Okafor"),
        ("NorthGrid CEO Tom Velde warned that the power lines cannot keep up.", "Tom Velde"),
        ("According to a report by Harrow Capital, spending will double next year.", "Harrow Capital"),
        ("Jane Doe, a professor at a small college, argues that bigger is no longer better.", "Jane Doe"),
        ("Northwind told reporters that the rollout was on schedule.", "Northwind"),
        ("In a note, Harrow Capital's Ines Brandt wrote that demand is real.", "Ines Brandt"),
        ("“Nothing else will do,” Okafor added.", "Okafor"),
        ("According to two people familiar with the matter, the training run failed.", None),
        ("The company said its chips were sold out until spring.", None),
        ("Critics say the valuations make no sense.", None),
        ('"Models still fail at simple sums," the researchers wrote.', None),
        ("He told the audience that “scale is all you need” and left the stage.", None),
        ("“The wall is real. Nobody has a plan for it, and the money is gone.”", None),
    ],
)
def test_someone_else_speaks(passage: str, speaker: str | None) -> None:
    assert evidence.voice(passage) == ("quoted", speaker)


@pytest.mark.parametrize(
    "passage",
    [
        "Scaling is slowing down, and the next gains will need new ideas.",
        "I think we should be careful: the models are brittle.",
        "We argue that the money is well spent.",
        "That said, the benchmark is easy.",
        "It says a lot about the state of the field that nobody noticed.",
        'The chip is called "Northstar" and ships in March.',
        "Northwind's claims about speed were not confirmed.",
        "",
    ],
)
def test_the_outlet_speaks(passage: str) -> None:
    assert evidence.voice(passage) == ("outlet", None)


@pytest.mark.parametrize(
    ("stance", "label"),
    [
        (Stance(0.9, 0.02, 0.05, 0.03), "supports"),
        (Stance(0.02, 0.9, 0.05, 0.03), "opposes"),
        (Stance(0.1, 0.1, 0.7, 0.1), "neutral"),
        (Stance(0.02, 0.02, 0.06, 0.9), "unrelated"),
        (Stance(0.36, 0.34, 0.2, 0.1), "neutral"),  # on some side, but which? No side is claimed
    ],
)
def test_decide(stance: Stance, label: str) -> None:
    assert evidence.decide(stance) == label


def mention(*chances: float) -> Mention:
    return Mention("a-0", "a", "theme", 0.6, Stance(*chances), "outlet", None)


FOR, AGAINST = mention(0.9, 0.02, 0.06, 0.02), mention(0.02, 0.9, 0.06, 0.02)
BALANCED, ASIDE = mention(0.05, 0.05, 0.85, 0.05), mention(0.03, 0.01, 0.01, 0.95)


def test_one_clear_passage_among_three_neutral_does_not_carry_an_article() -> None:
    assert evidence.of_article([FOR, BALANCED, BALANCED, BALANCED])[0] == "neutral"


def test_an_article_follows_its_passages() -> None:
    label, net, confidence = evidence.of_article([AGAINST, AGAINST, BALANCED])
    assert label == "opposes"
    assert -1 <= net < -0.5
    assert 0.5 < confidence <= 1


def test_an_article_that_argues_both_ways_is_neutral() -> None:
    label, net, _ = evidence.of_article([FOR, AGAINST])
    assert label == "neutral"
    assert abs(net) < 0.01


def test_a_probably_unrelated_passage_hardly_counts() -> None:
    alone, with_aside = evidence.of_article([BALANCED]), evidence.of_article([BALANCED, ASIDE])
    assert alone[0] == with_aside[0] == "neutral"
    assert abs(alone[1] - with_aside[1]) < 0.05


def test_order_does_not_matter() -> None:
    forward, backward = evidence.of_article([FOR, AGAINST, BALANCED]), evidence.of_article([BALANCED, AGAINST, FOR])
    assert forward[0] == backward[0]
    assert forward[1:] == pytest.approx(backward[1:])


def test_no_mentions_no_stance() -> None:
    assert evidence.of_article([]) == ("unrelated", 0.0, 0.0)
