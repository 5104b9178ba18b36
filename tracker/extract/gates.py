"""Gates: a page's extracted text and headings come in; the reason why it is not the article, or None, goes out.

Extraction always finds some text, and on a consent page or behind a paywall it finds the notice. These tables know the notices.
"""

import re

_SHORT_WORDS = 120  # notices are short; a longer text that names cookies may be an article about them
_DOMINATED = 3  # in a text up to this many times as long, this many different phrases still make it a notice
_TEASER_WORDS = 250  # of an article marked 'not free' a longer text was served in full: metered, not walled

# In the order in which they are asked: a bot wall often also says 'enable JavaScript'.
_PHRASES: dict[str, re.Pattern[str]] = {
    reason: re.compile("|".join(phrases), re.IGNORECASE)
    for reason, phrases in {
        "bot_wall": (
            r"verif(?:y|ying) (?:that )?you(?:'re| are) (?:a )?human",
            r"are you a (?:robot|human)\b",
            r"not a robot",
            r"unusual (?:activity|traffic) from your",
            r"checking your browser",
            r"complete the (?:captcha|security check)",
            r"\bray id\b",
            r"(?:access|request) (?:to this (?:page|site|website) )?(?:has been |was |is )?(?:denied|blocked)",
            r"automated (?:access|requests|traffic)",
            r"pardon (?:our|the) interruption",
            r"attention required",
            r"just a moment\.\.\.",
            r"security service to protect",
        ),
        "javascript_only": (
            r"(?:enable|turn on|activate) java ?script",
            r"java ?script (?:is (?:disabled|required|not enabled|turned off)|must be enabled)",
            r"requires? java ?script",
            r"without java ?script",
            r"your browser (?:does not|doesn't) support java ?script",
        ),
        "consent_wall": (
            r"we (?:value|respect|care about) your privacy",
            r"(?:we and )?our (?:\d+ )?partners (?:store|use|process|and)",
            r"before you continue(?: to)?",
            r"(?:accept|reject|manage|allow) (?:all )?(?:cookies|preferences|choices)",
            r"(?:uses?|using|store) cookies",
            r"accept all\b",
            r"reject all\b",
            r"(?:cookie|privacy|consent) (?:settings|preferences|choices|policy)",
            r"(?:give|withdraw|your) consent",
            r"legitimate interest",
            r"personali[sz]ed (?:ads|advertising|content)",
        ),
        "paywall": (
            r"subscribe (?:now )?(?:to (?:continue|read|keep|unlock|get|access)|for (?:full|unlimited))",
            (
                r"(?:this|the) (?:article|story|content|post) is (?:only |exclusively |reserved )?(?:available )?"
                r"(?:for|to) (?:paying |paid )?(?:subscribers|members)"
            ),
            r"(?:subscriber|member)s?[- ](?:only|exclusive)",
            r"for (?:paid |paying )?subscribers only",
            r"already a (?:subscriber|member)\b",
            r"(?:unlock|access) (?:this|the full|full|unlimited) (?:article|story|access|articles)",
            r"to (?:continue|keep) reading",
            r"(?:start|begin) your (?:free )?(?:trial|subscription)",
            r"(?:you have|you've) (?:reached|read|used) (?:your|all|the|\d+)\b.{0,30}\b(?:limit|free articles?)",
            r"(?:remaining )?free articles? (?:left|remaining|this month)",
            r"cancel any ?time",
            r"choose (?:a|your) (?:plan|subscription)",
        ),
        "login_wall": (
            (
                r"(?:log|sign) ?in (?:or (?:register|sign up|subscribe|create) )?(?:is required |required )?"
                r"to (?:continue|read|view|access|see)"
            ),
            r"please (?:log|sign) ?in",
            r"(?:you )?(?:must|need to) be (?:logged|signed) in",
            r"create (?:a|an|your) (?:free )?account to",
            r"(?:forgot|reset) your password",
            r"register (?:for free )?to (?:continue|read)",
        ),
    }.items()
}
_NOT_FOUND = re.compile(
    r"\b404\b|page (?:was |is |could )?(?:not|n't) (?:be )?found|page (?:you (?:requested|are looking for|were looking for))? ?"
    r"(?:does not|doesn't|no longer) exist|(?:can't|cannot|couldn't|could not) (?:find|be found)|nothing (?:was )?found|"
    r"no longer available|article (?:has been )?(?:removed|deleted)|oops",
    re.IGNORECASE,
)


def reason(text: str, headings: tuple[str, ...], is_free: bool, min_words: int) -> str | None:
    """`bot_wall`, `javascript_only`, `consent_wall`, `paywall`, `login_wall`, `soft_404`, `too_short`, or None for an article."""
    words = len(text.split())
    if not is_free and words < _TEASER_WORDS:
        return "paywall"
    for name, phrases in _PHRASES.items():
        if _is_notice(text, words, phrases):
            return name
    if words < _SHORT_WORDS and any(_NOT_FOUND.search(heading) for heading in (*headings, text[:200])):
        return "soft_404"
    return "too_short" if words < min_words else None


def _is_notice(text: str, words: int, phrases: re.Pattern[str]) -> bool:
    if words >= _SHORT_WORDS * _DOMINATED:
        return False
    found = {match.group().lower() for match in phrases.finditer(text)}
    if words >= _SHORT_WORDS:
        return len(found) >= _DOMINATED
    # One phrase alone may be the last line of a short, whole article: then most of the text stands before it.
    return len(found) >= 2 or any(_words_outside(text, match) < _SHORT_WORDS // 2 for match in phrases.finditer(text))


def _words_outside(text: str, match: re.Match[str]) -> int:
    """Words of the lines that do not hold the match."""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    return len(text[:start].split()) + (len(text[end:].split()) if end >= 0 else 0)
