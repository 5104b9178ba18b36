"""How themes came and went: one life a row, with what split off and what was merged; and every event as a table."""

from urllib.parse import urlencode

import streamlit as st

from dashboard import data, events, families, lifelines, listings, look, words

version = data.version()
themes = data.listed(version)
told = data.events(version)
names = {theme.slug: theme.name for theme in themes}

st.title("Lineage")
if not told:
    st.info(
        "No theme was followed or found yet, so nothing has happened to one: the next run finds the first.", title="No themes yet"
    )
    st.stop()

finding = families.finding(themes, told)
st.header(finding, anchor="lives")
with st.container(horizontal=True):
    state = st.segmented_control(
        "State",
        ["all", *families.STATES],
        default="all",
        required=True,
        key="state",
        bind="query-params",
        label_visibility="collapsed",
    )
    origin = st.segmented_control(
        "Origin",
        ["both kinds", "discovered", "curated"],
        default="both kinds",
        required=True,
        key="origin",
        bind="query-params",
        label_visibility="collapsed",
    )
lives = families.arrange(
    families.matching(themes, state, "all" if origin == "both kinds" else origin), data.months(version), told, names
)
left_out = f" {lives.left_out} smaller ones are not drawn: narrow the choice to see them." if lives.left_out else ""
if lives.rows:
    st.caption(
        "All outlets and days, whatever the sidebar selects. A row a theme, in order of birth, families together; the thicker, the more "
        "stories that month. ○ with a dotted line: split off; ▲ ▼ with a line: merged; upright strokes: last story before "
        f"a long silence, and first after. Pale: ended or hidden. Names lead to the themes.{left_out}"
    )

    def _address(slug: str) -> str:
        kept = {key: values for key in ("range", "dates", "step", "kind", "outlet") if (values := st.query_params.get_all(key))}
        return "themes?" + urlencode({"n": slug, **kept}, doseq=True)

    st.plotly_chart(lifelines.draw(lives, _address), config=look.CONFIG, key="lives", alt=finding)
else:
    st.info("Choose another state or kind.", title="No such theme")

st.header("Everything that happened", anchor="events")
table = events.table(told, names)
st.caption(
    f"{words.count(len(table), 'event')}, newest first, on their days in the news (UTC). A silence is told once it has "
    "lasted 45 collected days, or six times the theme's usual pause."
)
listings.events(table)
st.download_button(
    "Download as CSV", words.csv(table), "lineage.csv", "text/csv", on_click="ignore", type="tertiary", icon=":material/download:"
)
