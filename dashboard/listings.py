"""Rows come in; what pages list is drawn: quoted passages as cards, speakers, articles and events as tables."""

import pandas as pd
import streamlit as st

from dashboard import voices, words

QUOTE_CHARACTERS = 420  # a passage is at most about 320


def quote(passage: pd.Series) -> None:
    """One row of the frame evidence."""
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


def speakers(table: pd.DataFrame) -> None:
    """The rows of voices.table."""
    number = st.column_config.NumberColumn
    columns = {
        "speaker": st.column_config.TextColumn(
            "Most quoted",
            pinned=True,
            width=150,
            help=f"By name, at least {voices.OFTEN} times; one person under two spellings is two rows",
        ),
        "side": st.column_config.TextColumn("Side", width=125),
        "mentions": number("Passages", width=75),
        "share": number("Of all speech", format="percent", width=95, help="Part of the passages that quote someone by name"),
        "supports": number("Supports", width=75),
        "opposes": number("Opposes", width=75),
        "neutral": number("Neutral", width=75),
        "unsure": number("Unsure", width=75),
        "outlets": number("Outlets", width=75),
    }
    st.dataframe(table, hide_index=True, alt="Who is quoted most", column_order=list(columns), column_config=columns)


def articles(found: pd.DataFrame) -> None:
    """The rows of the frame articles."""
    listed = found.assign(
        url=found["url"].map(lambda url: words.safe_link(url) or ""),
        title=found["title"].map(words.seen),
        stance=found["stance"].fillna("unsure"),
        sureness=found["confidence"].map(words.sureness),
    )
    columns = {
        "published_at": st.column_config.DatetimeColumn("Published", format="D MMM YYYY", width=95, help="UTC"),
        "name": st.column_config.TextColumn("Outlet", width=140),
        "title": st.column_config.TextColumn("Headline", width=360),
        "url": st.column_config.LinkColumn("Link", display_text="open", width=55),
        "stance": st.column_config.TextColumn("Stance", width=75),
        "sureness": st.column_config.TextColumn("Sureness", width=75),
        "copies": st.column_config.NumberColumn("Copies", width=60),
    }
    st.dataframe(listed, hide_index=True, column_order=list(columns), column_config=columns, alt="Articles of the theme")


def events(table: pd.DataFrame) -> None:
    """The rows of events.table."""
    shown = table.assign(stories=[words.whole(number) for number in table["stories"]])
    columns = {
        "day": st.column_config.DateColumn("Day", format="D MMM YYYY", width=95, pinned=True),
        "theme": st.column_config.TextColumn("Theme", width=190),
        "what": st.column_config.TextColumn("What happened", width=210),
        "other": st.column_config.TextColumn("Other theme", width=190),
        "stories": st.column_config.TextColumn("Stories", width=65, help="That founded it, came along or went over"),
        "by": st.column_config.TextColumn("By", width=130),
    }
    st.dataframe(
        shown, hide_index=True, height="content" if len(table) < 25 else 600, column_order=list(columns), column_config=columns,
        alt="Events in the lives of all themes, newest first",
    )  # fmt: skip
