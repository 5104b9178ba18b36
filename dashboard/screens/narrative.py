"""One theme: how much, which way, says who; and the passages behind every number."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import charts, data, filters, findings, look, marks, questions, series, summary, timeline, words
from dashboard.timeline import OverTime
from tracker.measures import volume
from tracker.measures.intervals import TRAILING_DAYS
from tracker.measures.volume import Window

QUOTES = 5  # a side: enough to judge the judge, few enough to read
QUOTE_CHARACTERS = 420  # a passage is at most about 320
PAGE_ROWS = 50
MAX_OUTLETS = 20  # rows of the outlet chart
MANY = 26  # periods in the mix before quarters take the place of months

version = data.version()
selection = filters.current()
whole = data.span(version) or (selection.first, selection.last)
themes = data.themes(version)
if themes.empty:
    st.title("Themes")
    st.info(
        "The next run finds the first: curated themes need articles near their claim, discovered ones a few dozen.",
        title="No themes yet",
    )
    st.stop()

names = dict(zip(themes["slug"], themes["name"], strict=True))
asked = st.query_params.get("n")
if asked is not None and asked not in names:
    st.info(f"There is no theme '{words.plain(asked)}' in this data. Showing '{words.plain(next(iter(names.values())))}'.")
slug = asked if asked in names else next(iter(names))
st.session_state["theme"] = slug  # the address decides, also after Back


def _choose() -> None:
    st.query_params["n"] = st.session_state["theme"]


st.selectbox(
    "Theme", list(names), format_func=names.__getitem__, key="theme", on_change=_choose, label_visibility="collapsed", width=360
)
theme = themes[themes["slug"] == slug].iloc[0]
window = Window(selection.first, selection.last)

st.title(words.plain(theme["name"]))
st.markdown(f"*“{words.plain(theme['claim'])}”*")
origin = (
    ""
    if theme["claim_from"] == "yaml"
    else " This theme was found by clustering; its claim is provisional, a passage from one of its articles."
)
st.caption(
    f"A story supports this claim when it backs it, opposes it when it disputes it, and is neutral when it takes no side.{origin} "
    "Sides are read by a small model that often errs (see Method): read the passages below before you rely on them."
)
filters.show_line(selection)

wide = data.theme(
    version,
    data.grid(version, max(whole[0], selection.first - timedelta(days=TRAILING_DAYS)), selection.last, selection.outlets),
    theme["theme_id"],
)
exact = data.theme(version, data.grid(version, selection.first, selection.last, selection.outlets), theme["theme_id"])
there = exact.sides([window]).iloc[0]
supports, opposes, neutral, n = (int(there[side]) for side in ("supports", "opposes", "neutral", "n"))
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
st.header(heading, anchor="over-time")
if not steps:
    st.info("The selection holds no whole step: choose a longer range or a shorter step.", title="Nothing to draw")
else:
    trailing = volume.windows(steps[0].first_day, selection.last, selection.step)
    bars = exact.sides(steps)
    is_collected = (bars["collected"] >= volume.MIN_COLLECTED).to_numpy()
    lines = series.broken(wide.share(trailing), is_collected), series.broken(wide.net(trailing), is_collected)
    points = data.turning_points(version, selection.first, selection.last)
    points = points[points["theme_id"] == theme["theme_id"]]
    share, net = (line if series.is_line(line) else None for line in lines)
    stacked = marks.stack(exact.marks(), window)
    has_marks = net is None and int(stacked["level"].max()) <= marks.TALLEST
    shown = OverTime(
        window, tuple(steps), bars, tuple(series.gaps(steps, bars["collected"])), share, net,
        stacked if has_marks else stacked.iloc[:0], tuple(sorted({day.date() for day in points["day"]})),
    )  # fmt: skip
    if share or net:
        length = {"day": "7 days", "week": "4 weeks", "month": "month"}[selection.step]
        st.caption(
            f"Lines: the {length} ending at each point, with 95% intervals; dots and bars: each {selection.step}. "
            "Grey columns were not collected, and nothing is drawn there."
        )
    if net is None:
        instead = "; each mark is one story, stacked by week or month" if has_marks else ""
        st.caption(f"Too few stories for a stance line{instead}: {words.sides(supports, opposes, neutral)}.")
    st.plotly_chart(timeline.draw(shown), config=look.CONFIG, key="over-time", alt=heading)
    for number, flag in enumerate(shown.flags, start=1):
        for point in series.records(points[points["day"] == pd.Timestamp(flag)]):
            tested = "" if selection.is_all_outlets else ", on all outlets"
            st.caption(f"**{number}**  {words.plain(findings.turning_point(point) + tested)}")
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
    "View", ["mix", "outlets"], default="mix", required=True, key="view", bind="query-params", label_visibility="collapsed"
)
if view == "mix":
    finding = findings.mix(supports, opposes, neutral)
    st.header(finding, anchor="mix")
    months = series.fitting_months(selection.first, selection.last, n, MANY)
    rows = series.periods(selection.first, selection.last, months)
    sides = exact.sides([period for _, period in rows])[["supports", "opposes", "neutral"]].to_numpy().tolist()
    mixed = [(name, *counts) for (name, _), counts in zip(rows, sides, strict=True)]
    st.plotly_chart(charts.mix(mixed), config=look.CONFIG, key="mix", alt=finding)
else:
    outlets = exact.by_outlet().merge(data.outlets(version)[["outlet", "name"]], on="outlet")
    overall = (supports - opposes) / n
    enough = outlets[outlets["n"] >= 5].sort_values("net", ascending=False).head(MAX_OUTLETS)
    finding = findings.outlets(enough, overall)
    st.header(finding, anchor="outlets")
    if len(enough):
        st.caption("Dot: net stance of the outlet's stories; line: 95% interval, stories as units; dotted: all outlets together.")
        st.plotly_chart(charts.by_outlet(enough, overall), config=look.CONFIG, key="outlets-chart", alt=finding)
    fewer = outlets[outlets["n"] < 5]
    if len(fewer):
        st.caption(f"{words.count(len(fewer), 'outlet')} with fewer than 5 stories, in counts:")
        st.dataframe(
            fewer[["name", "n", "supports", "opposes", "neutral"]],
            hide_index=True,
            column_config={"name": "Outlet", "n": "Stories"},
            width="content",
        )

# Evidence
st.header("What they say", anchor="evidence")
lot = st.query_params.get("s", "1")
seed = int(lot) if lot.isdecimal() else 1
st.caption(
    f"Passages drawn at random from the selection, at most one an outlet, the judge being at least {data.FAIRLY_SURE:.0%} sure."
)


def _draw_others() -> None:
    st.query_params["s"] = str(seed + 1)


st.button("Draw others", on_click=_draw_others, icon=":material/shuffle:", type="tertiary")


def _quote(passage: pd.Series) -> None:
    link = words.safe_link(passage["url"])
    said = (
        f"{words.named(passage['speaker'])}, quoted by {passage['name']}"
        if passage["voice"] == "quoted"
        else str(passage["name"])
    )
    copies = f" · {words.count(int(passage['copies']), 'copy', 'copies')}" if passage["copies"] else ""
    with st.container(border=True):
        st.text(words.shorten(passage["passage"], QUOTE_CHARACTERS))
        st.caption(
            words.plain(
                f"{said} · {words.day(passage['published_at'])} · sureness {words.sureness(passage['confidence'])}{copies}"
            )
        )
        if link:
            st.link_button(words.plain(words.shorten(passage["title"], 90)), link, type="tertiary", icon=":material/open_in_new:")
        else:
            st.text(words.shorten(passage["title"], 90))


def _side(stance: str, title: str, empty: str) -> None:
    st.subheader(title)
    found = data.evidence(version, theme["theme_id"], stance, selection.first, selection.last, selection.outlets, seed, QUOTES)
    if found.empty:
        st.caption(empty)
    for _, passage in found.iterrows():
        _quote(passage)


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
total = data.articles(version, theme["theme_id"], selection.first, selection.last, selection.outlets, search, 1, 0).total
pages = max(1, -(-total // PAGE_ROWS))
page = st.pagination(pages, key="p", bind="query-params") if pages > 1 else 1
found = data.articles(
    version, theme["theme_id"], selection.first, selection.last, selection.outlets, search, PAGE_ROWS, (page - 1) * PAGE_ROWS
).rows
st.caption(f"{words.count(total, 'article')}, copies included, newest first.")
if len(found):
    listed = found.assign(
        url=found["url"].map(lambda url: words.safe_link(url) or ""),
        title=found["title"].map(words.seen),
        sureness=found["confidence"].map(words.sureness),
    )
    st.dataframe(
        listed, hide_index=True, column_order=["published_at", "name", "title", "url", "stance", "sureness", "copies"], alt="Articles of the theme",
        column_config={
            "published_at": st.column_config.DatetimeColumn("Published", format="D MMM YYYY", width=95, help="UTC"),
            "name": st.column_config.TextColumn("Outlet", width=140),
            "title": st.column_config.TextColumn("Headline", width=360),
            "url": st.column_config.LinkColumn("Link", display_text="open", width=55),
            "stance": st.column_config.TextColumn("Stance", width=75),
            "sureness": st.column_config.TextColumn("Sureness", width=75),
            "copies": st.column_config.NumberColumn("Copies", width=60),
        },
    )  # fmt: skip
    st.download_button(
        "Download this page as CSV", words.csv(found), f"{slug}-articles-{page}.csv", "text/csv", on_click="ignore", type="tertiary",
        icon=":material/download:",
    )  # fmt: skip
