"""Your own question to the public views, in SQL; every query is a link."""

import streamlit as st

from dashboard import data, questions, words
from tracker.errors import StoreError

version = data.version()
first_example = next(iter(questions.EXAMPLES.values()))

st.title("Ask in SQL")
st.caption("One SELECT on the public views, at most 5 seconds and 1,000 rows. The query is in the address: copy it to share.")


def _take(query: str) -> None:
    st.session_state["q"] = query


ask, browse = st.columns([2, 1], gap="medium")
with browse:
    st.subheader("Examples", anchor=False)
    for question, query in questions.EXAMPLES.items():
        st.button(question, on_click=_take, args=(query,), type="tertiary")
    st.subheader("Views", anchor=False)
    schema = data.schema(version)
    for view, columns in schema.groupby("view"):
        with st.expander(str(view)):
            st.text(columns["view_comment"].iloc[0] or "")
            st.dataframe(columns[["column", "type", "comment"]], hide_index=True, height="content")
    st.subheader("The whole file", anchor=False)
    st.caption(f"{data.file_name(version)}, a DuckDB database. Any DuckDB from 1.5 on opens it:")
    st.code(
        'duckdb -readonly tracker.duckdb\n\nimport duckdb\nduckdb.connect("data/tracker.duckdb", read_only=True)',
        language="python",
        wrap_lines=True,
    )

with ask:
    sql = st.text_area("Query", value=first_example, height=190, key="q", bind="query-params", label_visibility="collapsed")
    st.button("Run", type="primary", shortcut="Ctrl+Enter")
    try:
        result = data.query(version, sql or "")
        frame = result.frame()
    except StoreError as error:
        st.info("The query was not run, did not finish, or its result cannot be shown.", icon=":material/block:")
        st.code(str(error), language=None, wrap_lines=True)
    else:
        cut = " (there are more)" if result.truncated else ""
        st.caption(f"{words.count(result.table.num_rows, 'row')}{cut} in {result.seconds:.1f} s")
        st.dataframe(frame, hide_index=True, height=560 if len(frame) > 14 else "content", alt="Result of the query")
        st.download_button(
            "Download these rows as CSV", words.csv(frame), "query.csv", "text/csv", on_click="ignore", type="tertiary",
            icon=":material/download:",
        )  # fmt: skip
