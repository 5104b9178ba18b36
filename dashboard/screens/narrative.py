"""One theme: how much, which way, says who; and the passages behind every number."""

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboard import (
    accuracy,
    charts,
    choosing,
    data,
    events,
    filters,
    findings,
    listings,
    look,
    marks,
    masthead,
    questions,
    series,
    summary,
    timeline,
    voices,
    words,
)
from dashboard.timeline import OverTime
from tracker.measures import volume
from tracker.measures.intervals import TRAILING_DAYS
from tracker.measures.volume import Window

QUOTES = 5  # a side: enough to judge the judge, few enough to read
PAGE_ROWS = 50
MAX_OUTLETS = 20  # rows of the outlet chart
MANY = 26  # periods in the mix before quarters take the place of months

version = data.version()
selection = filters.current()
whole = data.span(version) or (selection.first, selection.last)
listed = data.listed(version)
choice = choosing.choose(listed, st.query_params.get("n"))
if choice is None:
    st.title("Themes")
    st.info(
        "The next run finds the first: curated themes need articles near their claim, discovered ones a few dozen.",
        title="No themes yet",
    )
    st.stop()
if choice.note:
    st.info(choice.note)
theme, slug = choice.theme, choice.theme.slug
labels = {one.slug: choosing.label(one) for one in choosing.offered(listed)}
st.session_state["theme"] = slug  # the address decides, also after Back


def _choose() -> None:
    st.query_params["n"] = st.session_state["theme"]


st.selectbox(
    "Theme", list(labels), format_func=labels.__getitem__, key="theme", on_change=_choose, label_visibility="collapsed", width=360
)
window = Window(selection.first, selection.last)
happened = [event for event in data.events(version) if slug in (event.theme, event.other)]
life = events.life(happened, slug, {one.slug: one.name for one in listed})

few_gold = accuracy.few_gold(data.judge_scores(version), slug)
claimed_in = None if theme.claim_from == "yaml" else data.article(version, theme.claim_from)
masthead.head(theme, happened, claimed_in, f"; {few_gold}" if few_gold else "")
masthead.about(data.typical(version, theme.theme_id), life, {one.slug for one in listed if one.merged_into == slug})
filters.show_line(selection)

wide = data.theme(
    version,
    data.grid(version, max(whole[0], selection.first - timedelta(days=TRAILING_DAYS)), selection.last, selection.outlets),
    theme.theme_id,
)
exact = data.theme(version, data.grid(version, selection.first, selection.last, selection.outlets), theme.theme_id)
there = exact.sides([window]).iloc[0]
supports, opposes, neutral, unsure, n = (int(there[side]) for side in ("supports", "opposes", "neutral", "unsure", "n"))
if n == 0:
    reason = (
        "No outlet is both chosen and of the chosen kind."
        if not selection.outlets
        else "Choose a longer range or more outlets in the sidebar."
    )
    st.info(reason, title="No stories of this theme in this selection")
    st.button("Show all outlets and days", on_click=filters.widen, icon=":material/zoom_out_map:")
    st.stop()

with st.grid(4, min_column_width=150, key="cards"):
    for card in summary.cards(exact, window):
        st.metric(card.label, card.value, card.note, delta_color="off", delta_arrow="off", help=card.help, border=True)

# How much and which way
halves = series.halves(selection.first, selection.last)
steps = series.steps(selection.first, selection.last, selection.step)
((share_change, net_change),) = series.changes([exact], halves)
heading = findings.change(share_change, net_change, exact.sides(halves))
error = findings.error(exact.error)
left_out = f" The judge is unsure of {words.count(unsure, 'story', 'stories')}, which take part in no stance." if unsure else ""
st.header(heading, anchor="over-time")
if not steps:
    st.info("The selection holds no whole step: choose a longer range or a shorter step.", title="Nothing to draw")
else:
    trailing = volume.windows(steps[0].first_day, selection.last, selection.step)
    bars = exact.sides(steps)
    is_collected = (bars["collected"] >= volume.MIN_COLLECTED).to_numpy()
    lines = series.broken(wide.share(trailing), is_collected), series.broken(wide.net(trailing), is_collected)
    points = data.turning_points(version, selection.first, selection.last)
    points = points[points["theme_id"] == theme.theme_id]
    share, net = (line if series.is_line(line) else None for line in lines)
    changes = data.judge_changes(version, selection.first, date.max)  # one after the last day, too, made every label of this page
    stacked = marks.stack(exact.marks(), window)
    has_marks = net is None and len(stacked) > 0 and int(stacked["level"].max()) <= marks.TALLEST
    shown = OverTime(
        window, tuple(steps), bars, tuple(series.gaps(steps, bars["collected"])), share, net, wide.sides(trailing),
        stacked if has_marks else stacked.iloc[:0], tuple(sorted({day.date() for day in points["day"]})),
        tuple(day for day in changes["changed_at"].dt.date if day <= selection.last), tuple(events.flags(life, window)),
    )  # fmt: skip
    if share or net:
        length = {"day": "7 days", "week": "4 weeks", "month": "month"}[selection.step]
        st.caption(
            f"Lines: the {length} ending at each point, with 95% intervals{f', those of stance {error}' if net else ''}; dots and bars: each {selection.step}. "
            f"Grey columns were not collected, and nothing is drawn there.{left_out}"
        )
    if net is None:
        instead = "; each mark is one story, stacked by week or month" if has_marks else ""
        st.caption(f"Too few stories for a stance line{instead}: {words.sides(supports, opposes, neutral, unsure)}.")
    st.plotly_chart(timeline.draw(shown), config=look.CONFIG, key="over-time", alt=heading)
    for number, flag in enumerate(shown.flags, start=1):
        for point in series.records(points[points["day"] == pd.Timestamp(flag)]):
            tested = "" if selection.is_all_outlets else ", on all outlets"
            st.caption(f"**{number}**  {words.plain(findings.turning_point(point) + tested)}")
    for told in findings.rejudged(changes, window):
        st.caption(told)
    if shown.events:
        st.caption(events.key(shown.events))
    with st.popover("Data", type="tertiary", icon=":material/table:"):
        drawn = summary.drawn(steps, bars, *lines)
        st.dataframe(drawn, hide_index=True, height=260)
        st.download_button("Download as CSV", words.csv(drawn), f"{slug}.csv", "text/csv", on_click="ignore")
        st.page_link(
            "screens/query.py",
            label="Open in SQL",
            query_params={"q": questions.OVER_TIME.format(slug=slug)},
            icon=":material/database:",
        )

# Says who
view = st.segmented_control(
    "View",
    ["mix", "outlets", "voices"],
    default="mix",
    required=True,
    key="view",
    bind="query-params",
    label_visibility="collapsed",
)
if view == "mix":
    finding = findings.mix(supports, opposes, neutral, unsure)
    st.header(finding, anchor="mix")
    months = series.fitting_months(selection.first, selection.last, n, MANY)
    rows = series.periods(selection.first, selection.last, months)
    sides = exact.sides([period for _, period in rows])[["supports", "opposes", "neutral", "unsure"]].to_numpy().tolist()
    mixed = [(name, *counts) for (name, _), counts in zip(rows, sides, strict=True)]
    st.caption(f"n: stories the judge decided on{f', {unsure:,} more unsure' if unsure else ''}.")
    st.plotly_chart(charts.mix(mixed), config=look.CONFIG, key="mix", alt=finding)
elif view == "voices":
    spoken = data.mention_counts(version, theme.theme_id, selection.first, selection.last, selection.outlets)
    own, quoted = voices.both(spoken, exact.error)
    finding = voices.finding(own, quoted)
    st.header(finding, anchor="voices")
    st.caption(
        "Passages, not stories: said by the outlet itself, or by someone it quotes. Dots: net stance, "
        f"with 95% intervals {error}, outlets as units."
    )
    st.plotly_chart(
        charts.voices([(voice.row, voice.net) for voice in (own, quoted)]), config=look.CONFIG, key="voices", alt=finding
    )
    speakers = voices.speakers(spoken)
    often = voices.table(speakers)
    if often.empty:
        st.caption(voices.in_words(speakers))
    else:
        listings.speakers(often)
else:
    outlets = exact.by_outlet().merge(data.outlets(version)[["outlet", "name"]], on="outlet")
    overall = series.interval(exact.net([window], volume.NO_MINIMUM), 0).value or 0.0
    enough = outlets[outlets["n"] >= 5]
    finding = findings.outlets(enough)
    enough = enough.head(MAX_OUTLETS).sort_values("adjusted", ascending=False)
    st.header(finding, anchor="outlets")
    if len(enough):
        st.caption(
            "Dots: net stance beside the other outlets on the same days, drawn to the middle where stories are few, with 95% intervals; hollow: the "
            f"outlet's stories as they are; dotted: all outlets together. The same judge reads all, so its errors are not in these intervals.{left_out}"
        )
        st.plotly_chart(charts.by_outlet(enough, overall), config=look.CONFIG, key="outlets-chart", alt=finding)
    fewer = outlets[outlets["n"] < 5]
    if len(fewer):
        st.caption(f"{words.count(len(fewer), 'outlet')} with fewer than 5 stories, in counts:")
        st.dataframe(
            fewer[["name", "n", "supports", "opposes", "neutral", "unsure"]],
            hide_index=True,
            column_config={"name": "Outlet", "n": st.column_config.NumberColumn("n", help="Stories the judge decided on")},
            width="content",
        )

# Evidence
st.header("What they say", anchor="evidence")
lot = st.query_params.get("s", "1")
seed = int(lot) if lot.isdecimal() and len(lot) < 10 else 1  # Python reads no number of 4,300 digits
st.caption("Passages drawn at random from the selection, at most one an outlet; those the judge is unsure of are never drawn.")


def _draw_others() -> None:
    st.query_params["s"] = str(seed + 1)


with st.container(horizontal=True, vertical_alignment="center"):
    heard = st.segmented_control(
        "Voice",
        ["all", *voices.NAMES],
        default="all",
        required=True,
        key="voice",
        bind="query-params",
        label_visibility="collapsed",
    )
    st.button("Draw others", on_click=_draw_others, icon=":material/shuffle:", type="tertiary")


def _side(stance: str, title: str, empty: str) -> None:
    st.subheader(title)
    found = data.evidence(
        version, theme.theme_id, stance, selection.first, selection.last, selection.outlets, seed, QUOTES,
        None if heard == "all" else heard,
    )  # fmt: skip
    if found.empty:
        st.caption(empty)
    for _, passage in found.iterrows():
        listings.quote(passage)


left, right = st.columns(2, gap="medium")
with left:
    _side(
        "supports",
        f":blue[▲] Supports ({supports} {'story' if supports == 1 else 'stories'})",
        "No passage in this selection clearly supports the claim.",
    )
with right:
    _side(
        "opposes",
        f":orange[▼] Opposes ({opposes} {'story' if opposes == 1 else 'stories'})",
        "No passage in this selection clearly opposes the claim.",
    )
if st.toggle("Show neutral passages", key="neutral", bind="query-params"):
    _side(
        "neutral",
        f"Neutral ({neutral} {'story' if neutral == 1 else 'stories'})",
        "No passage in this selection is clearly neutral.",
    )

# Articles
st.header("The articles", anchor="articles")
search = (
    st.text_input(
        "Search in headlines", key="words", bind="query-params", placeholder="Search in headlines", label_visibility="collapsed"
    )
    or ""
)
total = data.articles(version, theme.theme_id, selection.first, selection.last, selection.outlets, search, 1, 0).total
pages = max(1, -(-total // PAGE_ROWS))
page = st.pagination(pages, key="p", bind="query-params") if pages > 1 else 1
found = data.articles(
    version, theme.theme_id, selection.first, selection.last, selection.outlets, search, PAGE_ROWS, (page - 1) * PAGE_ROWS
).rows
st.caption(f"{words.count(total, 'article')}, copies included, newest first.")
if len(found):
    listings.articles(found)
    st.download_button(
        "Download this page as CSV", words.csv(found), f"{slug}-articles-{page}.csv", "text/csv", on_click="ignore", type="tertiary",
        icon=":material/download:",
    )  # fmt: skip
