"""A theme comes in; the head of its page is drawn: name, claim and where both are from, its typical stories, and its life."""

from collections.abc import Collection, Sequence

import streamlit as st

from dashboard import events, words
from dashboard.events import Line
from tracker.store.lineage import Event, Listed, Story

_HEADLINE = 90  # characters of a headline in a list
_NEWEST = 5  # lines of a life that stand open after its first; those between fold away


def head(theme: Listed, told: Sequence[Event], claimed_in: Story | None, checked: str) -> None:
    """Title, claim, and the origin of both; `claimed_in` is the article a provisional claim is from, `checked` what is known of the judge."""
    st.title(words.plain(theme.name))
    st.markdown(f"*“{words.plain(theme.claim)}”*")
    st.caption(
        "A story supports this claim when it backs it, opposes it when it disputes it, and is neutral when it takes no side. "
        f"Sides are read by a small model that often errs (see [Method](method){checked}): read the passages below before you rely on them."
    )
    named = events.name_origin(theme.name_from, told, theme.slug)
    if theme.claim_from == "yaml":
        if named:
            st.caption(f"{named}.")
        return
    source = "the article" if claimed_in else "an article no longer stored"
    st.caption(f"Found by clustering. {named}. The claim is **provisional**, a passage from {source}{':' if claimed_in else '.'}")
    if claimed_in:
        story(claimed_in)


def story(of: Story) -> None:
    """A headline that leads to the article, with outlet and day below it."""
    link = words.safe_link(of.url)
    title = words.shorten(of.title, _HEADLINE)
    day = f" · {words.day(of.published_at)}" if of.published_at else ""
    with st.container(gap=None):
        if link:
            st.link_button(words.plain(title), link, type="tertiary", icon=":material/open_in_new:")
        else:
            st.text(title)
        st.caption(f"{words.plain(of.name)}{day}")


def about(stories: Sequence[Story], life: Sequence[Line], here: Collection[str]) -> None:
    """What the theme is about, and what became of it, side by side; `here`: slugs of the themes that are part of it now."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Most typical stories**")
        if not stories:
            st.caption("None yet.")
        for one in stories:
            story(one)
    with right:
        st.markdown("**Its life**")
        if not life:
            st.caption("Nothing is recorded.")
        _lines(life[:1], here, 0)
        between, recent = life[1:-_NEWEST], life[1:][-_NEWEST:]
        if between:
            with st.expander(words.count(len(between), "event") + " between"):
                _lines(between, here, 1)
        _lines(recent, here, 1 + len(between))


def _lines(life: Sequence[Line], here: Collection[str], first: int) -> None:
    for number, line in enumerate(life, start=first):
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            is_elsewhere = line.other is not None and line.other[0] not in here
            st.caption(f"**{words.day(line.day)}** {words.plain(line.text if is_elsewhere else line.sentence)}", width="content")
            if line.other is not None and is_elsewhere:
                slug, name = line.other
                # a link to the page one is on shows the other theme, but leaves the address as it was
                st.button(
                    words.plain(name), key=f"life-{number}", on_click=_go, args=(slug,), type="tertiary",
                    icon=":material/arrow_forward:",
                )  # fmt: skip


def _go(slug: str) -> None:
    st.query_params["n"] = slug
