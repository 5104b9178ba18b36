"""Addresses: a link as a feed gave it comes in, the one canonical form we know an article by goes out.

Canonical means: absolute, http(s), host in lower-case punycode, no default port, no fragment, no dot segments, no tracking
parameters. Parameters we do not know are kept as they are, in order: some sites name the article in them.
"""

import ipaddress
import re
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from courlan import extract_domain

# Whole names. Each only says which link was clicked, never which article is meant.
_TRACKING = frozenset(
    """
    _ga _gl _hsenc _hsmi _openstat __hssc __hstc __hsfp __s __twitter_impression at_campaign at_medium at_custom1 at_custom2
    at_custom3 at_custom4 at_link_id at_link_origin at_link_type at_ptr_name at_bbc_team at_format cmp cmpid cmp_id cndid dclid
    dicbo ef_id epik esid fb_action_ids fb_action_types fb_ref fb_source fbclid ftag gaa_at gaa_n gaa_sig gaa_ts gbraid gclid
    gclsrc guccounter guce_referrer guce_referrer_sig hscta_tracking icid ico igsh igshid intcid ito mbid mc_cid mc_eid mkt_tok
    msclkid ncid ns_campaign ns_fee ns_linkname ns_mchannel ns_source oly_anon_id oly_enc_id partner_id rb_clickid rss
    rss_source s_cid s_kwcid sc_campaign sc_channel sc_content sc_country sc_geo sc_lid sc_llid sc_medium sc_outcome sc_uid smid
    smtyp soc_src soc_trk spm srnd srsltid taid trk trkcampaign ttclid twclid vero_conv vero_id wbraid wickedid wprov xtor yclid
    ysclid
    """.split()
)
_TRACKING_PREFIXES = ("utm_", "hsa_", "itm_", "mtm_", "pk_", "piwik_", "matomo_", "ga_", "stm_", "ns_mchannel")
# Names that also have honest uses: only with a value that says 'I came through this channel'.
_CHANNEL_NAMES = frozenset({"src", "source", "ref", "referrer", "from", "via", "feed", "cid", "campaign", "mod"})
_CHANNEL = re.compile(
    r"rss\d*|rssfeed|rss[-_ ].*|.*[-_ ]rss|feed|feedburner|atom|newsletter|email|twitter|facebook|hackernews|hn"
    r"|([\w-]+\.)+[a-z]{2,}",  # ref=example.com
    re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/%:@!$&'()*+,;=~"  # RFC 3986: what a path may hold unescaped
_QUERY_SAFE = _PATH_SAFE + "?[]|"


def canonical(url: str, base: str = "") -> str | None:
    """The canonical form of a link, resolved against `base`; None unless it is a usable http(s) address."""
    try:
        parts = urlsplit(urljoin(base, "".join(url.split())))
        host, port = _host(parts.hostname or ""), parts.port
        (parts.path + parts.query).encode()
    except ValueError:  # an unfinished IPv6 address, a port that is no number, a host IDNA refuses, half a surrogate pair
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username is not None or parts.password is not None:
        return None
    place = host if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    path = urljoin("/", quote(parts.path, safe=_PATH_SAFE) or "/") if not parts.path.startswith("//") else parts.path
    query = "&".join(item for item in parts.query.split("&") if item and not _is_tracking(item))
    return urlunsplit((parts.scheme, place, path, quote(query, safe=_QUERY_SAFE), ""))


def key(url: str) -> str:
    """What the spellings of one address share: no scheme, no www., no last slash of the path (address_key in 1_observed.sql)."""
    return re.sub(r"/(\?|$)", r"\1", re.sub(r"^https?://(www\.)?", "", url), count=1)


def same_site(a: str, b: str) -> bool:
    """Whether two addresses share their registrable domain or, where there is none (an IP, localhost), their host."""
    host_a, host_b = urlsplit(a).hostname, urlsplit(b).hostname
    return host_a == host_b or ((site := extract_domain(a)) is not None and site == extract_domain(b))


def _host(host: str) -> str:
    host = host.lower().rstrip(".")
    if ":" in host:
        return f"[{ipaddress.ip_address(host).compressed}]"
    return host.encode("idna").decode("ascii") if not host.isascii() else host


def _is_tracking(item: str) -> bool:
    name, _, value = unquote(item).partition("=")
    name = name.strip().lower()
    if name in _CHANNEL_NAMES:
        return _CHANNEL.fullmatch(value.strip()) is not None
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
