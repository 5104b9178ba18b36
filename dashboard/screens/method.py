"""How a number is made, what its words mean, how far the judge can be believed."""

from datetime import date

import streamlit as st

from dashboard import accuracy, data, findings, questions, series, words
from tracker.measures import intervals, turning, volume

WITHDRAWN = 10  # turning points listed here, the newest

version = data.version()
newest = data.runs(version, 1)

st.title("Method")
st.caption("How an article becomes a number, and how far to believe it.")

st.header("From an article to a number", anchor="steps")
st.markdown(
    """
1. **Collect.** Each outlet's feeds are read, and each new article's page is fetched once, slowly, as its robots.txt allows. What was looked at, and what answered, is kept: that tells a day without news from a day nobody looked.
2. **Count once.** Copies and rewrites of one text form a *story*. It counts once, on the UTC day of its first publication, for the outlet that published it first. An article without a trustworthy date is in no chart.
3. **Find themes.** A theme is a narrative with one *claim*. Those we follow have their claim written down beforehand; others are found by clustering, and their claim is provisional: a passage of one of their articles.
4. **Judge passages.** A *mention* is a passage of one to three sentences that bears on the claim. A classifier gives the probability that it supports or opposes the claim, takes no side, or does not bear on it after all. Where no answer is probable enough it *abstains*: such a mention is coverage, is counted as unsure, and takes no part in stance. A story's stance comes from its mentions.
5. **Measure.** *Share* is the theme's stories as a part of all stories collected from the chosen outlets. *Net stance* is (supports − opposes) / (supports + opposes + neutral), from −1 to +1; neutral stories pull it to the middle.
6. **Tell voices apart.** A mention is *quoted* when someone other than the author says it (quotation marks, "said", "according to"), else it is the outlet's own voice. Both are counted on each theme's page under *voices*, in passages.
"""
)

st.header("How sure is a number?", anchor="intervals")
st.markdown(
    f"""
- Bands are **95% intervals with outlets as the independent units**, since articles of one house resemble each other. Under {intervals.MIN_OUTLETS} outlets there is no interval and the counts are given.
- A line is drawn where its window holds at least {volume.SHARE_MINIMUM.stories} stories (share) or {volume.NET_MINIMUM.stories} stories of the theme (stance), from {volume.NET_MINIMUM.outlets} outlets, and {volume.MIN_COLLECTED:.0%} of the outlet-days due were collected. Elsewhere it is **broken, not zero**.
- Windows look back only ({intervals.TRAILING_DAYS} days for weekly lines), so a point does not move because of what came later.
- *Up* and *down* are said when a change passes a test made for all themes together (Benjamini-Hochberg, {turning.MAX_Q:.0%}). A change of which less than half is left among the outlets collected in both windows is not called one. Otherwise: *no clear change*, or *too little data*.
- **Outlets** are compared with the others on the same days, and drawn to the middle the more the fewer stories they have and the less outlets differ at all; *clearly above* and *clearly below* are those whose interval leaves out the middle. This is no ranking.
- **Turning points** are the likeliest week of a change of level, tested with a bootstrap of {turning.BLOCK_WEEKS}-week blocks, on at least {turning.MIN_WEEKS} weeks. Where less than half of it is left among the outlets that were collected on both sides, it *may be an artefact*, says so, and is left off the Overview. One that later nights no longer find is withdrawn, and listed here.
- {findings.how_error(data.label_error(version))}
"""
)
gone = data.withdrawn_points(version)
if len(gone):
    st.markdown("**Withdrawn turning points**: told once, and after later nights no longer clear of chance.")
    for point in series.records(gone.head(WITHDRAWN)):
        st.text(findings.withdrawn(point))

st.header("How often is the judge right?", anchor="accuracy")
judge = str(newest["judge"].iloc[0]) if len(newest) else "unknown"
st.caption(f"Judge: {words.plain(judge)}.")
scores, errors, themes = data.judge_scores(version), data.judge_confusion(version), data.themes(version)
for told in findings.rejudged(data.judge_changes(version, date.min, date.max), None):
    st.caption(told)
if scores.empty:
    st.info(
        "This data was published without scores of its judge. Run 'tracker evaluate stance' with passages you labelled to measure it.",
        title="Its accuracy was not measured",
    )
else:
    st.markdown(accuracy.finding(scores))
    headings = {
        measure: st.column_config.TextColumn(title, help=meaning) for measure, (title, meaning) in accuracy.MEASURES.items()
    }
    st.dataframe(
        accuracy.overall(scores), hide_index=True, alt="Scores of the judge",
        column_config={"set": st.column_config.TextColumn("Passages", pinned=True), **headings},
    )  # fmt: skip
    by_theme = accuracy.by_theme(scores, dict(zip(themes["slug"], themes["name"], strict=True)))
    if len(by_theme):
        st.subheader("By theme")
        st.dataframe(
            by_theme, hide_index=True, height="content", alt="Scores of the judge by theme",
            column_config={"theme": st.column_config.TextColumn("Theme", pinned=True), "labels": "Gold labels", **headings},
        )  # fmt: skip
        st.caption(
            f"In brackets: 95% intervals. A theme with fewer than {accuracy.FEW_GOLD} gold labels says so on its page: its own error rate is hardly known."
        )
if len(errors):
    st.subheader("What it takes for what")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.caption("Gold label (rows), label by the judge (columns): passages on which it does not abstain, and part of the row")
        st.dataframe(
            accuracy.confusion(errors),
            hide_index=True,
            alt="Confusion matrix",
            column_config={"gold": st.column_config.TextColumn("Gold", pinned=True)},
        )
    with right:
        by_label = accuracy.by_label(scores)
        if len(by_label):
            st.caption("F1 of each label, other sources, claim known")
            st.dataframe(
                by_label,
                hide_index=True,
                alt="F1 of each label",
                column_config={"label": "Label", "f1": "F1", "passages": "Passages"},
            )

st.header("Themes and their claims", anchor="claims")
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
