"""Frames about coverage, feeds, rejections and runs come in; the words of the Sources page go out."""

from collections.abc import Sequence

import pandas as pd

from dashboard import words

# What the codes of the view rejections mean; a code not listed is shown as it is.
REASONS: dict[str, str] = {
    "paywall": "behind a paywall",
    "consent_wall": "a consent notice instead of the article",
    "login_wall": "a login page instead of the article",
    "javascript_only": "a page that needs JavaScript",
    "bot_wall": "the site turns crawlers away",
    "same_text": "one and the same text on many of the site's pages",
    "same_canonical": "another address of an article that is stored",
    "wrong_language": "in a language that feeds.yaml leaves out",
    "too_short": "too little text",
    "not_an_article": "no article on the page",
    "not_html": "not a web page",
    "wrong_type": "not a web page",
    "soft_404": "a page that says it is not there",
    "too_large": "the page is too large",
    "robots_disallow": "robots.txt forbids it",
    "robots_unreachable": "robots.txt could not be read",
    "timeout": "the site did not answer in time",
    "connection": "the site could not be reached",
    "dns_unknown": "the site's name is unknown",
    "tls": "the site's certificate is wrong",
    "host_down": "the site was down",
    "host_asked_to_wait": "the site asked us to wait",
    "extract_timeout": "the page took too long to read",
    "extract_crash": "the page could not be read",
}


def feeds(health: pd.DataFrame) -> pd.DataFrame:
    """The view feed_health with words: state, why, last_ok, silent; the worst first."""
    state = pd.Series("ok", index=health.index)
    state = state.mask(health["silent_since"].notna(), "silent")
    state = state.mask(health["failures_in_a_row"] > 0, "failing")
    state = state.mask(health["last_outcome"].eq("refused"), "refused")
    state = state.mask(health["last_ok_at"].isna(), "never answered")
    order = state.map({word: place for place, word in enumerate(("never answered", "failing", "refused", "silent", "ok"))})
    told = health.assign(
        state=state, order=order, why=health["last_reason"].fillna("").map(_reason),
        last_ok=health["last_ok_at"].map(lambda at: "" if pd.isna(at) else words.when(at)),
        silent=health["silent_since"].map(lambda at: "" if pd.isna(at) else words.day(at)),
    )  # fmt: skip
    return told.sort_values(["order", "name", "feed"], kind="stable", ignore_index=True).drop(columns="order")


def states(coverage: pd.DataFrame, outlets: pd.DataFrame) -> pd.DataFrame:
    """name, day, state for the grid: collected, nothing published, in part, missing."""
    found = coverage.merge(outlets[["outlet", "name"]], on="outlet")
    state = found["state"].map({"complete": "collected", "partial": "in part", "missing": "missing"})
    state = state.mask(found["state"].eq("complete") & found["new_articles"].eq(0), "nothing published")
    return found.assign(state=state)[["name", "day", "state"]]


def unknown(states: pd.DataFrame, outlets: pd.DataFrame, selected: Sequence[str]) -> list[str]:
    """Names of the selected outlets of whose days nothing is known: they never answered, or their feed has no dates."""
    return sorted(set(outlets.loc[outlets["outlet"].isin(selected), "name"]) - set(states["name"]))


def finding(states: pd.DataFrame, feeds: pd.DataFrame) -> str:
    """Heading of the page: how much of what was due was collected, and how many feeds need a look."""
    if states.empty:
        return "Nothing was due in this selection"
    part = float(states["state"].ne("missing").mean())
    bad = int(feeds["state"].ne("ok").sum())
    need = (
        f"{words.count(bad, 'feed')} of {len(feeds)} {'needs' if bad == 1 else 'need'} a look"
        if bad
        else f"all {len(feeds)} feeds are well"
    )
    return f"{words.percent(part)} of outlet-days collected; {need}"


def rejections(counts: pd.DataFrame) -> pd.DataFrame:
    """The reasons in words; HTTP codes as 'the site answered 404'."""
    return counts.assign(why=counts["reason"].map(_reason))


def runs(found: pd.DataFrame) -> pd.DataFrame:
    """The runs with their length in words."""
    minutes = (found["finished_at"] - found["started_at"]).dt.total_seconds() / 60
    return pd.DataFrame(
        {
            "Run": found["run_id"],
            "Started": found["started_at"].map(words.when),
            "Minutes": minutes.round(1),
            "State": found["finished_at"].isna().map({True: "not finished", False: "finished"}),
            "New articles": found["articles_new"],
            "Encoder": found["encoder"],
            "Judge": found["judge"],
            "Program": found["code_version"],
            "Settings": found["settings_digest"],
        }
    )


def _reason(code: str) -> str:
    if code in REASONS:
        return REASONS[code]
    return f"the site answered {code[5:]}" if code.startswith("http_") and code[5:].isdigit() else code.replace("_", " ")
