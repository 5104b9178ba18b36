"""Counts and tested changes come in, the sentences that head the charts go out: rules, no prose machine, nothing a chart does not show."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard import words
from dashboard.series import Change
from tracker.measures.label_error import ENOUGH_GOLD, LabelError
from tracker.measures.volume import Window

REJUDGED = "J"  # the letter over the line of a change of judge
ONE_SIDED = 2 / 3  # of the stories that take a side: two to one


def lede(names: Sequence[str], changes: Sequence[tuple[Change, Change]], windows: tuple[Window, Window]) -> str:
    """What moved: one sentence for all themes and one for each mover, at most three."""
    weeks = span(windows[1])
    moved = [
        (name, share, net)
        for name, (share, net) in zip(names, changes, strict=True)
        if {share.verdict, net.verdict} & {"up", "down"}
    ]
    if moved:
        told = [f"{words.plain(name)} {words.together(_told(share, net))}" for name, share, net in moved[:3]]
        return f"{words.count(len(moved), 'theme')} of {len(names)} moved in {weeks}. " + " ".join(f"{one}." for one in told)
    if any(share.verdict == "no clear change" or net.verdict == "no clear change" for share, net in changes):
        return f"No theme changed by more than chance in {weeks}."
    return f"Too few stories in {weeks} to test what moved, so counts are shown"


def span(window: Window) -> str:
    """The four weeks to 31 Oct 2026."""
    days = (window.last_day - window.first_day).days + 1
    length = f"{days // 7} weeks" if days % 7 == 0 else f"{days} days"
    return f"the {length} to {words.day(window.last_day)}"


def _told(share: Change, net: Change) -> list[str]:
    told = []
    if share.verdict in ("up", "down") and share.before.value is not None and share.after.value is not None:
        told.append(
            f"is {share.verdict} from {words.percent(share.before.value)} to {words.percent(share.after.value)} of stories"
        )
    if net.verdict in ("up", "down"):
        told.append(f"turned {'more' if net.verdict == 'up' else 'less'} supportive")
    return told


def change(share: Change, net: Change, sides: pd.DataFrame) -> str:
    """Heading of a theme's first figure: first half of the selection against the second, as tests or else as counts.

    `sides` has two rows, the halves, with supports, opposes, neutral and n.
    """
    if share.verdict == "too little data" and net.verdict == "too little data":
        return _in_counts(sides)
    if {share.verdict, net.verdict} <= {"no clear change", "too little data"}:
        measured = [name for name, one in (("coverage", share), ("stance", net)) if one.verdict == "no clear change"]
        return f"No clear change in {' or '.join(measured)}"
    told = []
    if share.verdict in ("up", "down") and share.before.value is not None and share.after.value is not None:
        told.append(
            f"coverage went {share.verdict} from {words.percent(share.before.value)} to {words.percent(share.after.value)} of stories"
        )
    elif share.verdict == "no clear change":
        told.append("coverage did not clearly change")
    if net.verdict in ("up", "down"):
        told.append(f"stories turned {'more' if net.verdict == 'up' else 'less'} supportive")
    elif net.verdict == "no clear change":
        told.append("stance did not clearly change")
    text = " and ".join(told)
    return text[:1].upper() + text[1:]


def _in_counts(sides: pd.DataFrame) -> str:
    early, late = (side_of(int(row["supports"]), int(row["opposes"])) for _, row in sides.iterrows())
    total = sides[["supports", "opposes", "neutral"]].sum()
    stories = words.count(int(total.sum()), "story", "stories")
    if early and late and early != late:
        return f"{_SHORT[early]} at first, {_SHORT[late].lower()} later: {stories}"
    whole = side_of(int(total["supports"]), int(total["opposes"]))
    return f"{_SHORT[whole]}: {stories}" if whole else f"{stories}, too few to say which way they lean"


_SHORT = {"support": "Mostly supportive", "oppose": "Mostly opposed", "split": "Split"}


def side_of(supports: int, opposes: int) -> str:
    """support, oppose or split, among at least three stories that take a side; else nothing."""
    decided = supports + opposes
    if decided < 3:
        return ""
    return "support" if supports / decided >= ONE_SIDED else "oppose" if opposes / decided >= ONE_SIDED else "split"


def mix(supports: int, opposes: int, neutral: int, unsure: int = 0) -> str:
    """How the stories of the selection divide."""
    decided, n = supports + opposes, supports + opposes + neutral
    if not n:
        return f"The judge is unsure of {words.count(unsure, 'story', 'stories')}"
    if not decided:
        return f"None of {words.count(n, 'story', 'stories')} takes a side"
    larger, verb = max((supports, "support"), (opposes, "oppose"))
    if side_of(supports, opposes) in ("split", ""):
        return (
            f"Both sides are heard: {words.sides(supports, opposes, neutral)}"
            if supports and opposes
            else words.sides(supports, opposes, neutral)
        )
    stay = f"; {neutral:,} more {'stays' if neutral == 1 else 'stay'} neutral" if neutral else ""
    return f"{larger:,} of the {decided:,} stories that take a side {verb} the claim{stay}"


def error(of: LabelError) -> str:
    """What a caption says after '95% intervals' of net stance."""
    if not of.is_known:
        return "without the judge's own errors"
    return "including the judge's own errors" + (" (values are corrected for them)" if of.is_corrected else "")


def how_error(of: LabelError) -> str:
    """How the judge's own errors enter the bands: a point of the Method page."""
    if not of.is_known:
        return "The judge's own errors are **not part of the bands**: how often this judge errs was not published with this data."
    told = (
        f"The judge's own errors are **part of the bands of net stance**: its error rates are drawn {len(of.rates)} times around those counted "
        f"on {of.gold_labels:,} labelled passages, and the distance they make is added. These are passages on claims it was trained on: for other "
        "claims, those of found themes included, the bands are too narrow."
    )
    if of.is_corrected:
        return f"{told} Net stance itself is corrected for them, so it may differ from what the counts give."
    return f"{told} Under {ENOUGH_GOLD} labels net stance stays as labelled: mixed coverage looks a little closer to the middle than it is."


def rejudged(changes: pd.DataFrame, within: Window | None) -> list[str]:
    """What each change of the judge did, newest first; those a figure of these days marks begin with the mark. From rows changed_at, judge."""
    told = []
    for number, change in enumerate(changes.sort_values("changed_at", ascending=False).to_dict("records")):
        day, judge = change["changed_at"].date(), words.plain(str(change["judge"]))
        mark = f"**{REJUDGED}**  " if within and within.first_day <= day <= within.last_day else ""
        all_by = f"; every label in this series is by {judge}" if number == 0 else ", and later again"
        told.append(f"{mark}Stance was judged anew by {judge} on {words.day(day)}{all_by}.")
    return told


def outlets(frame: pd.DataFrame) -> str:
    """How many outlets stand clearly away from the others on the same days: a count, not a ranking. From the column group."""
    told = [
        f"{words.count(number, 'outlet')} clearly {where} the rest"
        for where in ("above", "below")
        if (number := int((frame["group"] == where).sum()))
    ]
    return words.together(told) if told else "No outlet leans clearly away from the others"


def turning_point(point: Mapping[str, Any]) -> str:
    """What changed, from what to what, when, and how unlikely it is to be chance: a row of the view turning_points."""
    form = words.percent if point["measure"] == "share" else words.signed
    what = "share of stories" if point["measure"] == "share" else "net stance"
    chance = "p < 0.001" if point["p_value"] < 0.001 else f"p = {point['p_value']:.3f}"
    told = (
        f"{what} from {form(point['before'])} to {form(point['after'])} in the week of {words.day(point['day'])} "
        f"(between {words.day(point['first_day'])} and {words.day(point['last_day'])}; {chance})"
    )
    if not point["may_be_artefact"]:
        return told
    if pd.isna(point["panel_before"]) or pd.isna(point["panel_after"]):
        return f"{told}. It may be an artefact: no outlet with stories to count was collected on both sides"
    panel = f"{form(point['panel_before'])} to {form(point['panel_after'])}"
    return f"{told}. It may be an artefact of which outlets were collected: those collected on both sides went from {panel}"


def withdrawn(point: Mapping[str, Any]) -> str:
    """A turning point that is no longer told: a row of the view withdrawn_points."""
    form = words.percent if point["measure"] == "share" else words.signed
    what = "share of stories" if point["measure"] == "share" else "net stance"
    change = f"{what} from {form(point['before'])} to {form(point['after'])} in the week of {words.day(point['day'])}"
    return f"{point['name']}: {change}, withdrawn on {words.day(point['withdrawn_on'])}"
