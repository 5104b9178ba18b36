"""How a number is made, what its words mean, how far the judge can be believed."""

import streamlit as st

from dashboard import accuracy, data, questions, words
from tracker.measures import intervals, turning, volume

version = data.version()
newest = data.runs(version, 1)

st.title("Method")
st.caption("How an article becomes a number, and how far to believe it.")

st.header("From an article to a number", anchor="steps")
st.markdown(
    """
1. **Collect.** Each outlet's feeds are read, and each new article's page is fetched once, slowly, as its robots.txt allows. What was looked at, and what answered, is kept: that tells a day without news from a day nobody looked.
2. **Count once.** Copies and light rewrites of one text form a *story*. It counts once, on the UTC day of its first publication, for the outlet that published it first. An article without a trustworthy date is in no chart.
3. **Find themes.** A theme is a narrative with one *claim*. Those we follow have their claim written down beforehand; others are found by clustering, and their claim is provisional: a passage of one of their articles.
4. **Judge passages.** A *mention* is a passage of one to three sentences that bears on the claim. A classifier gives the probability that it supports or opposes the claim, takes no side, or does not bear on it after all. A story's stance comes from its mentions.
5. **Measure.** *Share* is the theme's stories as a part of all stories collected from the chosen outlets. *Net stance* is (supports − opposes) / stories, from −1 to +1; neutral stories pull it to the middle.
"""
)

st.header("How sure is a number?", anchor="intervals")
st.markdown(
    f"""
- Bands are **95% intervals with outlets as the independent units**, since articles of one house resemble each other. Under {intervals.MIN_OUTLETS} outlets there is no interval and the counts are given.
- A line is drawn where its window holds at least {volume.SHARE_MINIMUM.stories} stories (share) or {volume.NET_MINIMUM.stories} stories of the theme (stance), from {volume.NET_MINIMUM.outlets} outlets, and {volume.MIN_COLLECTED:.0%} of the outlet-days due were collected. Elsewhere it is **broken, not zero**.
- Windows look back only ({intervals.TRAILING_DAYS} days for weekly lines), so a point does not move because of what came later.
- *Up* and *down* are said when a change passes a test made for all themes together (Benjamini-Hochberg, {turning.MAX_Q:.0%}). Otherwise: *no clear change*, or *too little data*.
- **Turning points** are the likeliest week of a change of level, tested with a bootstrap of {turning.BLOCK_WEEKS}-week blocks, on at least {turning.MIN_WEEKS} weeks.
- The judge's own errors are **not yet part of the bands**: mixed coverage looks a little closer to the middle than it is.
"""
)

st.header("How often is the judge right?", anchor="accuracy")
name = accuracy.judge_name()
found, unseen = accuracy.read(accuracy.KNOWN), accuracy.read(accuracy.HELD_OUT)
st.caption(f"Judge: {name or 'none is packaged with this installation'}.")
if found is None or unseen is None:
    st.info(
        "Its accuracy was not measured in this installation. Run 'tracker evaluate stance' in a checkout.",
        title="Not measured here",
    )
else:
    st.markdown(
        f"On **{found.passages:,} labelled passages** it had not seen: macro-F1 **{found.macro_f1:.2f}** ({found.low:.2f} to {found.high:.2f}) "
        f"for the claims of themes.yaml. Where it and the label both take a side, it is the same side in **{found.polarity:.0%}**. For a claim it "
        f"was not trained on: macro-F1 **{unseen.macro_f1:.2f}** ({unseen.low:.2f} to {unseen.high:.2f}), and it hardly ever says *opposes*."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("By label")
        digits = {
            column: st.column_config.NumberColumn(column.capitalize(), format="%.2f") for column in ("precision", "recall", "f1")
        }
        st.dataframe(found.labels, hide_index=True, column_config={"label": "Label", **digits, "support": "Passages"})
    with right:
        st.caption("Label given (rows), found by the judge (columns)")
        st.dataframe(found.confusion, hide_index=True)
    st.caption(words.plain(found.made))

st.header("Themes and their claims", anchor="claims")
themes = data.themes(version)
st.dataframe(
    themes[["name", "claim", "kind", "articles"]], hide_index=True, height="content" if len(themes) < 25 else 600, alt="Themes and their claims",
    column_config={"name": st.column_config.TextColumn("Theme", pinned=True), "claim": st.column_config.TextColumn("Claim", width="large"), "kind": "Kind", "articles": "Articles"},
)  # fmt: skip

st.header("What is not covered", anchor="limits")
st.markdown(
    """
- Only outlets with a feed that answers; paywalled and undated articles are counted on [Sources](sources), not in the charts.
- Text only, mostly English; what people say elsewhere is not news coverage.
- Stance is toward the claim as worded, not toward a company, and is no measure of truth.
"""
)

st.header("Check it yourself", anchor="check")
for question in ("Which way does each theme lean?", "The surest passages against a claim", "Which days are missing?"):
    st.page_link("screens/query.py", label=question, query_params={"q": questions.EXAMPLES[question]}, icon=":material/database:")
if len(newest):
    run = newest.iloc[0]
    st.caption(
        f"Data {words.plain(data.file_name(version))} · program {words.plain(str(run['code_version']))} · settings {words.plain(str(run['settings_digest']))} · encoder {words.plain(str(run['encoder']))} · judge {words.plain(str(run['judge']))}"
    )
