"""What moved, theme by theme; where to read on; whether the data can be trusted today."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import data, filters, findings, series, summary, words
from tracker.measures.volume import Window

RECENT_DAYS = 90  # of turning points listed here
RECENT_POINTS = 5

version = data.version()
selection = filters.current()
whole = data.span(version) or (selection.first, selection.last)
themes = data.themes(version)
shown = Window(selection.first, selection.last)

st.title("What moved")
filters.show_line(selection)
if themes.empty:
    st.info("The next run finds the first: curated themes need articles near their claim, discovered ones a few dozen.", title="No themes yet")
    st.stop()
if not selection.outlets:
    st.info("No outlet is both chosen and of the chosen kind. Reset the filters in the sidebar.", title="Nothing selected")
    st.stop()

ids = tuple(themes["theme_id"])
grid = data.grid(version, whole[0], selection.last, selection.outlets)
windows = series.compared(grid)
counted = data.all_themes(version, grid, ids)
changes = series.changes(counted, windows)
in_selection = data.all_themes(version, data.grid(version, selection.first, selection.last, selection.outlets), ids)
trends, is_share = summary.trends(counted, selection.first, selection.last, selection.step)
table = summary.table(themes[["theme_id", "slug", "name", "kind", "claim"]], in_selection, changes, windows, shown)
table["trend"] = [trends[place] for place in table["place"]]

st.header(findings.lede(themes["name"].tolist(), changes, windows), anchor="lede")

top = max((value for trend in trends for value in trend if value is not None), default=1.0)
trend_column = (
    st.column_config.LineChartColumn("Share of stories", y_min=0, y_max=top, width="medium", help="Per cent of stories; same scale in all rows")
    if is_share
    else st.column_config.BarChartColumn("Stories a month", y_min=0, y_max=top, width="medium", help="Same scale in all rows")
)
columns = {
    "name": st.column_config.TextColumn("Theme", width="medium", pinned=True),
    "trend": trend_column,
    "share": st.column_config.TextColumn("Share now", help=f"Of the stories in {findings.span(windows[1])}, with a 95% interval"),
    "share_before": st.column_config.TextColumn("Before", help=f"In {findings.span(windows[0])}"),
    "change": st.column_config.TextColumn("Change", help="In percentage points, with a 95% interval"),
    "coverage": st.column_config.TextColumn("Coverage", help="Whether the share changed by more than chance, all themes tested together"),
    "net": st.column_config.TextColumn("Net stance now", help="(supports − opposes) / stories, from −1 to +1, with a 95% interval"),
    "leaning": st.column_config.TextColumn("Stance", help="Whether net stance changed by more than chance"),
    "stories": st.column_config.NumberColumn("Stories", format="localized", help="In the whole selection"),
    "outlets": st.column_config.NumberColumn("Outlets", help="That published them first"),
}
for kind, title in (("curated", "Themes we follow"), ("discovered", "Found in the coverage")):
    part = table[table["kind"] == kind]
    if part.empty:
        continue
    st.subheader(title)
    st.dataframe(
        part, column_order=list(columns), column_config=columns, hide_index=True, height="content" if len(part) < 25 else 600,
        alt=f"{title}: share, change and net stance of {len(part)} themes",
    )  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for one in part.itertuples():
            st.page_link("pages/narrative.py", label=words.plain(one.name), query_params={"n": one.slug}, help=words.plain(one.claim))
st.caption(
    f"Compared: {findings.span(windows[1])} with {findings.span(windows[0])}. Shares are of stories, copies counted once. "
    "Intervals are 95% and take outlets, not articles, as independent; all changes are tested together (Benjamini-Hochberg, 10%)."
)

st.header("Turning points", anchor="turning-points")
points = data.turning_points(version, selection.last - timedelta(days=RECENT_DAYS), selection.last)
if points.empty:
    st.caption(f"No tested turning point in the {RECENT_DAYS} days to {words.day(selection.last)}.")
for point in points.head(RECENT_POINTS).itertuples():
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("pages/narrative.py", label=words.plain(point.name), query_params={"n": point.slug})
        st.write(words.plain(findings.turning_point(point.measure, point.before, point.after, point.day, point.first_day, point.last_day, point.p_value)))

st.header("Can today's data be trusted?", anchor="health")
feeds = data.feed_health(version)
failing, silent = int((feeds["failures_in_a_row"] > 0).sum()), int(feeds["silent_since"].notna().sum())
part_collected = summary.collected(in_selection[0], shown)
with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(
        f"{words.percent(part_collected)} of the outlet-days due in this selection were collected · {words.count(failing, 'feed')} failing · "
        f"{silent} silent · last run {words.when(data.last_run(version))}"
    )
    st.page_link("pages/sources.py", label="Sources", icon=":material/arrow_forward:")
