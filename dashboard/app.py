"""The dashboard: navigation, and the filters that all pages share."""

import streamlit as st

from dashboard import data, filters
from tracker.errors import StoreError

st.set_page_config(page_title="Narrative tracker", page_icon=":material/timeline:", layout="wide")

pages = st.navigation(
    [
        st.Page("pages/overview.py", title="Overview", default=True),
        st.Page("pages/narrative.py", title="Themes", url_path="themes"),
        st.Page("pages/sources.py", title="Sources", url_path="sources"),
        st.Page("pages/query.py", title="SQL", url_path="sql"),
        st.Page("pages/method.py", title="Method", url_path="method"),
    ],
    position="top",
)

try:
    version = data.version()
    span = data.span(version)
except StoreError as error:
    st.title("Nothing is published yet")
    st.text(str(error))
    st.code("tracker demo        # a small invented world, in a minute\ntracker run         # the outlets of feeds.yaml\ntracker dashboard   # this page", language="bash")
    st.stop()

if span is None:
    st.title("Nothing is collected yet")
    st.write("The feeds have not answered so far. Run `tracker run` again, and see `tracker doctor` for the reason.")
    st.stop()

filters.draw(data.outlets(version), span, data.totals(version)["stories"])
pages.run()
