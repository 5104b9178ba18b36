"""Gates: a page's extracted text and its markup come in; the reason why it is not the article, or None, goes out.

Extraction always finds some text, and on a consent page or behind a paywall it finds the notice. These tables know the notices, in
English, German, French and Spanish.
"""

import re

from tracker.extract import plain
from tracker.extract.markup import Markup

SHORT_WORDS = 120  # notices are short; a longer text that names cookies may be an article about them
_DOMINATED = 3  # in a text up to this many times as long, this many different phrases still make it a notice
_TEASER_WORDS = 250  # of an article marked 'not free' a longer text was served in full, unless it breaks off: metered, not walled
_TEASER_SHARE = 0.5  # of the words that the page says its article has; boxes and captions make the two counts differ
_STEM_LETTERS = 5  # so that 'tested' is found in 'testing'
_TITLE_WORDS = 3  # a feed's title with fewer telling words ('Weekly links') may share none with its own article

_NOTICE_CHARS = 5000  # no notice is longer; a text without spaces counts as one word however long it is

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
            r"sind sie ein (?:mensch|roboter)",
            r"ich bin kein roboter",
            r"ungewöhnliche\w* (?:aktivität|zugriff|datenverkehr)",
            r"(?:zugriff|zugang) (?:wurde )?(?:verweigert|gesperrt|blockiert)",
            r"(?:n['’]êtes|ne suis) pas un robot",
            r"trafic inhabituel|activité inhabituelle",
            r"accès (?:refusé|bloqué|interdit)",
            r"no (?:soy|eres) un robot",
            r"tráfico inusual|actividad inusual",
            r"acceso (?:denegado|bloqueado)",
        ),
        "javascript_only": (
            r"(?:enable|turn on|activate) java ?script",
            r"java ?script (?:is (?:disabled|required|not enabled|turned off)|must be enabled)",
            r"requires? java ?script",
            r"without java ?script",
            r"your browser (?:does not|doesn't) support java ?script",
            r"java ?script (?:zu )?(?:aktivieren|einschalten|ist (?:deaktiviert|ausgeschaltet)|muss aktiviert)",
            r"aktivieren sie (?:bitte )?java ?script",
            r"(?:activer|activez|active|activar|habilita|habilite|habilitar) java ?script",
            r"java ?script (?:est |está )?(?:désactivé|desactivado|deshabilitado)",
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
            r"wir (?:und unsere (?:\d+ )?partner|(?:verwenden|nutzen|setzen) cookies)",
            r"alle (?:cookies )?(?:akzeptieren|ablehnen|annehmen)",
            r"(?:cookie|datenschutz|privatsphäre)-?(?:einstellungen|erklärung|richtlinie)",
            r"(?:ihre|eine) einwilligung",
            r"berechtigte[sn]? interesse",
            r"nous (?:et nos (?:\d+ )?partenaires|(?:utilisons|respectons) (?:des cookies|votre vie))",
            r"(?:tout|tous) (?:accepter|refuser)|(?:accepter|refuser) tout|continuer sans accepter",
            r"votre consentement",
            r"intérêt légitime",
            r"politique (?:de confidentialité|des? cookies)|paramétrer les cookies",
            r"nuestros (?:\d+ )?socios",
            r"(?:aceptar|rechazar) tod[ao]s?",
            r"(?:usamos|utilizamos) cookies",
            r"(?:su|tu) consentimiento",
            r"interés legítimo",
            r"política de (?:privacidad|cookies)",
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
            r"jetzt (?:abonnieren|abo|testen|freischalten)|weiterlesen mit",
            r"(?:nur|exklusiv) für (?:\w+-)?abonnent",
            r"bereits (?:abonnent|digitalabonnent|mitglied)|sie haben (?:bereits|schon) ein abo",
            r"jederzeit kündbar",
            r"(?:article )?réservée? (?:aux|à nos) abonnés",
            r"abonnez-vous|déjà abonnée?",
            r"pour lire la suite|il vous reste \d+ ?%",
            r"sans engagement",
            r"(?:exclusivo|solo|sólo) para (?:suscriptores|socios)",
            r"suscríbe(?:te|se)|ya (?:eres|soy|es) suscriptor",
            r"para (?:seguir|continuar) leyendo",
            r"cancel[ae] cuando quieras?",
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
            r"(?:bitte )?(?:melden sie sich an|loggen sie sich ein|anmelden,? um|einloggen,? um)",
            r"passwort vergessen",
            r"connectez-vous|identifiez-vous|mot de passe oublié",
            r"cré(?:ez|er) (?:un|votre) compte",
            r"(?:inicia|inicie|iniciar) sesión|regístrate|regístrese",
            r"olvidado (?:tu|su|la) contraseña",
        ),
    }.items()
}
_NOT_FOUND = re.compile(
    r"\b404\b|page (?:was |is |could )?(?:not|n't) (?:be )?found|page (?:you (?:requested|are looking for|were looking for))? ?"
    r"(?:does not|doesn't|no longer) exist|(?:can't|cannot|couldn't|could not) (?:find|be found)|nothing (?:was )?found|"
    r"no longer available|article (?:has been )?(?:removed|deleted)|oops|"
    r"seite (?:wurde |konnte )?(?:leider )?nicht (?:gefunden|mehr verfügbar)|seite existiert nicht|nicht mehr verfügbar|"
    r"page (?:introuvable|non trouvée|n['’]existe)|n['’]est plus disponible|"
    r"página (?:no (?:encontrada|existe|disponible)|que buscas)|ya no está disponible",
    re.IGNORECASE,
)
_BREAKS_OFF = re.compile(r"(?:\u2026|\.\.\.)[\]\s]*$")


def reason(text: str, about: Markup, feed_title: str, min_words: int) -> str | None:
    """Why a page's text is not the article that the feed announced, or None if it is.

    `bot_wall`, `javascript_only`, `consent_wall`, `paywall`, `login_wall`, `soft_404`, `too_short`, or `not_an_article` where there
    is no text at all.
    """
    words = len(text.split())
    if not words:
        return "not_an_article"
    if not about.is_free and _is_cut(text, words, about.words):
        return "paywall"
    found = notice(text)
    if found is not None:
        return found
    if words < SHORT_WORDS:
        said = (*about.headings, text[:200])
        if any(_NOT_FOUND.search(line) for line in said) or _is_other(feed_title, (*about.headings, text)):
            return "soft_404"
    return "too_short" if words < min_words else None


def notice(text: str) -> str | None:
    """The kind of notice that a text is, by what it says; None when it is none."""
    words = len(text.split())
    return next((name for name, phrases in _PHRASES.items() if _is_notice(text, words, phrases)), None)


def is_titled(feed_title: str, about: Markup) -> bool:
    """Whether one of a page's headings says what the feed's title says."""
    words = plain.telling_words(feed_title)
    return any(2 * len(words & plain.telling_words(heading)) >= len(words) > 0 for heading in about.headings)


def _is_cut(text: str, words: int, stated_words: int) -> bool:
    """Whether the text of an article that is not free is only its beginning."""
    if stated_words:
        return words < _TEASER_SHARE * stated_words
    return words < _TEASER_WORDS or _BREAKS_OFF.search(text) is not None


def _is_other(feed_title: str, said: tuple[str, ...]) -> bool:
    """Whether not one telling word of the feed's title stands on the page, in any of its forms."""
    words = plain.telling_words(feed_title)
    text = "\n".join(said).casefold()
    return len(words) >= _TITLE_WORDS and not any(word[:_STEM_LETTERS] in text for word in words)


def _is_notice(text: str, words: int, phrases: re.Pattern[str]) -> bool:
    if words >= SHORT_WORDS * _DOMINATED or len(text) > _NOTICE_CHARS:
        return False
    found = {match.group().lower() for match in phrases.finditer(text)}
    if words >= SHORT_WORDS:
        return len(found) >= _DOMINATED
    # One phrase alone may be the last line of a short, whole article: then most of the text stands before it.
    return len(found) >= 2 or any(_words_outside(text, match) < SHORT_WORDS // 2 for match in phrases.finditer(text))


def _words_outside(text: str, match: re.Match[str]) -> int:
    """Words of the lines that do not hold the match."""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    return len(text[:start].split()) + (len(text[end:].split()) if end >= 0 else 0)
