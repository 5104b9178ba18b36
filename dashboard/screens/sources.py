"""What was collected and what was not: missing is not zero."""

from datetime import timedelta

import streamlit as st

from dashboard import charts, data, filters, look, sourcing, words
from tracker.measures.volume import Window

GRID_DAYS = 90

version = data.version()
selection = filters.current()
totals = data.totals(version)
outlets = data.outlets(version)
feeds = sourcing.feeds(data.feed_health(version))

st.title("Sources")
st.caption(
    f"{words.count(totals['outlets'], 'outlet')} · {words.count(totals['articles'], 'article')} · {words.count(totals['stories'], 'story', 'stories')} · last run {words.when(data.last_run(version))}"
)

window = Window(max(selection.first, selection.last - timedelta(days=GRID_DAYS - 1)), selection.last)
coverage = data.coverage(version, window.first_day, window.last_day)
states = sourcing.states(coverage[coverage["outlet"].isin(selection.outlets)], outlets)
finding = sourcing.finding(states, feeds)
st.header(finding, anchor="collected")
if len(states):
    st.caption(
        f"{words.day(window.first_day)} to {words.day(window.last_day)}, a column a day. Strong blue: collected; medium: in part; "
        "faint: collected, and the outlet published nothing; grey with a cross: nobody looked, so no number of that day is a zero."
    )
    st.plotly_chart(charts.collected(states), config=look.CONFIG, key="collected-chart", alt=finding)

unknown = sourcing.unknown(states, outlets, selection.outlets)
if unknown:
    st.caption(
        words.plain(f"Of the days of {words.together(unknown)} nothing is known: never answered, or a feed without dates.")
    )

st.header("Feeds", anchor="feeds")
st.dataframe(
    feeds, hide_index=True, height="content" if len(feeds) < 25 else 600, alt="State of each feed",
    column_order=["name", "state", "articles_30d", "last_ok", "silent", "failures_in_a_row", "why", "feed"],
    column_config={
        "name": st.column_config.TextColumn("Outlet", width=140, pinned=True),
        "state": st.column_config.TextColumn("State", width=105, help="ok, silent (answers but says nothing for far longer than usual), failing, refused, never answered"),
        "articles_30d": st.column_config.NumberColumn("Articles, 30 days", width=110),
        "last_ok": st.column_config.TextColumn("Last good answer", width=150),
        "silent": st.column_config.TextColumn("Silent since", width=95),
        "failures_in_a_row": st.column_config.NumberColumn("Failures in a row", width=110),
        "why": st.column_config.TextColumn("Reason", width=130),
        "feed": st.column_config.TextColumn("Feed"),
    },
)  # fmt: skip

left, right = st.columns(2, gap="medium")
with left:
    st.header("Why entries did not become articles", anchor="rejections")
    rejections = sourcing.rejections(data.rejection_counts(version))
    if rejections.empty:
        st.caption("No entry was rejected.")
    else:
        st.dataframe(
            rejections,
            hide_index=True,
            column_config={"why": "Reason", "entries": "Entries", "outlets": "Outlets", "stage": "Refused by"},
            column_order=["why", "entries", "outlets", "stage"],
        )
with right:
    undated = data.undated(version).merge(outlets[["outlet", "name"]], on="outlet")
    st.header(f"{words.count(totals['undated'], 'article')} without a date", anchor="undated")
    st.caption("Kept, searchable in SQL, and in no chart: an article is never put on the day it was crawled.")
    if len(undated):
        st.dataframe(undated[["name", "articles"]], hide_index=True, column_config={"name": "Outlet", "articles": "Articles"})

st.header(f"{words.count(totals['copies'], 'copy', 'copies')} counted once with their story", anchor="copies")
largest = data.largest_stories(version, 10)
largest["title"] = largest["title"].map(words.seen)
if len(largest):
    st.dataframe(
        largest, hide_index=True, alt="The most copied stories",
        column_config={
            "first_published_at": st.column_config.DatetimeColumn("First published", format="D MMM YYYY"),
            "title": st.column_config.TextColumn("Headline of the first", width="large"), "articles": "Articles", "outlets": "Outlets",
        },
    )  # fmt: skip

st.header("Runs", anchor="runs")
st.dataframe(sourcing.runs(data.runs(version, 14)), hide_index=True, alt="The last runs")
