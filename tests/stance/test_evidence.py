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
        ("In November Maria Okafor said the era of easy gains was over.", "Maria Okafor"),
        ("Co-founder Liis Tamberg told the council that the site would be safe.", "Liis Tamberg"),
        ("Harl & Stedman said the firms that did best had changed their methods.", "Harl & Stedman"),
        ("AI said no, according to the joke.", None),
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
        (Stance(0.36, 0.34, 0.2, 0.1), "supports"),  # on some side, but which? The judge abstains: see below
    ],
)
def test_decide(stance: Stance, label: str) -> None:
    assert evidence.decide(stance) == label


@pytest.mark.parametrize(
    ("stance", "is_unsure"),
    [
        (Stance(0.9, 0.02, 0.05, 0.03), False),
        (Stance(0.08, 0.08, 0.76, 0.08), False),  # sure that it takes no side
        (Stance(0.36, 0.34, 0.2, 0.1), True),  # on some side, but which?
        (Stance(0.47, 0.03, 0.1, 0.4), True),  # on this side, if it speaks of the claim at all
        (Stance(0.3, 0.1, 0.4, 0.2), True),
    ],
)
def test_the_judge_abstains_where_no_label_is_probable_enough(stance: Stance, is_unsure: bool) -> None:
    assert evidence.is_unsure(stance) is is_unsure


def mention(*chances: float) -> Mention:
    stance = Stance(*chances)
    return Mention("a-0", "a", "theme", 0.6, stance, "outlet", None, evidence.is_unsure(stance))


def stance_of(*mentions: Mention) -> tuple[str, float, float]:
    found = evidence.of_article(mentions)
    assert found is not None
    return found


FOR, AGAINST = mention(0.9, 0.02, 0.06, 0.02), mention(0.02, 0.9, 0.06, 0.02)
BALANCED, ASIDE = mention(0.05, 0.05, 0.85, 0.05), Mention("a-1", "a", "theme", 0.05, Stance(0.03, 0.01, 0.01, 0.95), "outlet", None)


def test_one_clear_passage_among_three_neutral_does_not_carry_an_article() -> None:
    assert stance_of(FOR, BALANCED, BALANCED, BALANCED)[0] == "neutral"


def test_an_article_follows_its_passages() -> None:
    label, net, confidence = stance_of(AGAINST, AGAINST, BALANCED)
    assert label == "opposes"
    assert -1 <= net < -0.5
    assert 0.5 < confidence <= 1


def test_an_article_that_argues_both_ways_is_neutral() -> None:
    label, net, _ = stance_of(FOR, AGAINST)
    assert label == "neutral"
    assert abs(net) < 0.01


def test_a_probably_unrelated_passage_hardly_counts() -> None:
    alone, with_aside = stance_of(BALANCED), stance_of(BALANCED, ASIDE)
    assert alone[0] == with_aside[0] == "neutral"
    assert abs(alone[1] - with_aside[1]) < 0.05


def test_order_does_not_matter() -> None:
    forward, backward = stance_of(FOR, AGAINST, BALANCED), stance_of(BALANCED, AGAINST, FOR)
    assert forward[0] == backward[0]
    assert forward[1:] == pytest.approx(backward[1:])


def test_no_mentions_no_stance() -> None:
    assert evidence.of_article([]) is None


UNSURE = mention(0.1, 0.44, 0.4, 0.06)


def test_a_mention_the_judge_is_unsure_of_takes_no_part_in_the_side() -> None:
    assert stance_of(FOR, UNSURE, UNSURE) == stance_of(FOR)


def test_an_article_of_unsure_mentions_alone_has_no_stance() -> None:
    assert evidence.of_article([UNSURE, UNSURE]) is None
