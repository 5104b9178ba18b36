"""What moved, this week and theme by theme; where to read on; whether the data can be trusted today."""

from datetime import timedelta

import streamlit as st

from dashboard import accuracy, data, filters, findings, movers, series, summary, words
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
    st.info(
        "The next run finds the first: curated themes need articles near their claim, discovered ones a few dozen.",
        title="No themes yet",
    )
    st.stop()
if not selection.outlets:
    st.info("No outlet is both chosen and of the chosen kind. Reset the filters in the sidebar.", title="Nothing selected")
    st.stop()

moves = data.moves(version)
st.header(movers.heading(moves), anchor="this-week")
for moved in movers.groups(moves):
    st.markdown(f"**{moved.title}**")
    for line in moved.lines:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.page_link("screens/narrative.py", label=words.plain(line.name), query_params={"n": line.slug})
            st.text(line.text)
    if moved.more:
        st.caption(f"and {moved.more} more")
st.caption(movers.caption(moves))

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

top = max((value for trend in trends for value in trend), default=0.0) or 1.0  # a scale needs a height, even without stories
trend_column = (
    st.column_config.LineChartColumn(
        "Trend", y_min=0, y_max=top, width=85, help="Per cent of stories; same scale in all rows; gaps are left out"
    )
    if is_share
    else st.column_config.BarChartColumn("Stories a month", y_min=0, y_max=top, width=110, help="Same scale in all rows")
)
columns = {
    "name": st.column_config.TextColumn("Theme", width=130, pinned=True),
    "trend": trend_column,
    "share": st.column_config.TextColumn(
        "Share now", width=120, help=f"Of the stories in {findings.span(windows[1])}, with a 95% interval"
    ),
    "change": st.column_config.TextColumn("Change", width=140, help="In percentage points, with a 95% interval"),
    "coverage": st.column_config.TextColumn(
        "Coverage", width=108, help="Whether the share changed by more than chance, all themes tested together"
    ),
    "net_before": st.column_config.TextColumn(
        "Stance before", width=120, help=f"In {findings.span(windows[0])}: ▲ supporting, ▼ opposing, ○ neutral stories"
    ),
    "net": st.column_config.TextColumn(
        "Net stance now",
        width=140,
        help="(supports − opposes) / stories, from −1 to +1, with a 95% interval; with too few stories for it: ▲ supporting, ▼ opposing, ○ neutral ones. Stories the judge is unsure of are left out",
    ),
    "leaning": st.column_config.TextColumn("Stance", width=120, help="Whether net stance changed by more than chance"),
    "stories": st.column_config.NumberColumn("Stories", format="localized", help="In the whole selection"),
    "outlets": st.column_config.NumberColumn("Outlets", help="That published them first"),
}
shown_columns = summary.telling(table, list(columns))
for kind, title in (("curated", "Themes we follow"), ("discovered", "Found in the coverage")):
    part = table[table["kind"] == kind]
    if part.empty:
        continue
    st.subheader(title)
    st.dataframe(
        part, column_order=shown_columns, column_config=columns, hide_index=True, height="content" if len(part) < 25 else 600,
        alt=f"{title}: share, change and net stance of {len(part)} themes",
    )  # fmt: skip
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Open", width="content")
        for one in series.records(part):
            st.page_link(
                "screens/narrative.py",
                label=words.plain(one["name"]),
                query_params={"n": one["slug"]},
                help=words.plain(one["claim"]),
            )
st.caption(
    f"Compared: {findings.span(windows[1])} with {findings.span(windows[0])}. Shares are of stories, copies counted once. "
    f"Intervals are 95% and take outlets, not articles, as independent, those of stance {findings.error(data.label_error(version))}; "
    "all changes are tested together (Benjamini-Hochberg, 10%), those of stance by the stories alone, as one judge read both windows."
    f"{accuracy.few_checked(data.judge_scores(version), themes['slug'].tolist())}"
)

st.header("Turning points", anchor="turning-points")
points = data.turning_points(version, selection.last - timedelta(days=RECENT_DAYS), selection.last)
points = points[~points["may_be_artefact"].astype(bool)]
if points.empty:
    st.caption(f"No tested turning point in the {RECENT_DAYS} days to {words.day(selection.last)}.")
for point in series.records(points.head(RECENT_POINTS)):
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("screens/narrative.py", label=words.plain(point["name"]), query_params={"n": point["slug"]})
        st.text(findings.turning_point(point))

st.header("Can today's data be trusted?", anchor="health")
feeds = data.feed_health(version)
failing, silent = int((feeds["failures_in_a_row"] > 0).sum()), int(feeds["silent_since"].notna().sum())
part_collected = float(in_selection[0].sides([shown])["collected"].iloc[0])
with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(
        f"{words.percent(part_collected)} of the outlet-days due in this selection were collected · {words.count(failing, 'feed')} failing · "
        f"{silent} silent · last run {words.when(data.last_run(version))}"
    )
    st.page_link("screens/sources.py", label="Sources", icon=":material/arrow_forward:")
