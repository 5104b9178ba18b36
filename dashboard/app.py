"""The dashboard: navigation, and the filters that all pages share."""

from pathlib import Path

import streamlit as st

from dashboard import data, filters
from tracker.errors import StoreError

ICON = str(Path(__file__).with_name("icon.svg"))  # a Material icon would be fetched from another host

st.set_page_config(page_title="Narrative tracker", page_icon=ICON, layout="wide", initial_sidebar_state=250)

pages = st.navigation(
    [
        st.Page("screens/overview.py", title="Overview", default=True),
        st.Page("screens/narrative.py", title="Themes", url_path="themes"),
        st.Page("screens/ancestry.py", title="Lineage", url_path="lineage"),
        st.Page("screens/sources.py", title="Sources", url_path="sources"),
        st.Page("screens/query.py", title="SQL", url_path="sql"),
        st.Page("screens/method.py", title="Method", url_path="method"),
    ],
    position="top",
)

try:
    version = data.version()
    span = data.span(version)
except StoreError as error:
    st.title("Nothing is published yet")
    st.text(str(error))
    st.code(
        "tracker demo        # a small invented world, in a minute\ntracker run         # the outlets of feeds.yaml\ntracker dashboard   # this page",
        language="bash",
    )
    st.stop()

if span is None:
    st.title("Nothing is collected yet")
    st.write("The feeds have not answered so far. Run `tracker run` again, and see `tracker doctor` for the reason.")
    st.stop()

filters.draw(data.outlets(version), span, data.totals(version)["stories"])
try:
    pages.run()
except StoreError as error:
    st.info(str(error), title="This page cannot be shown from this data")
