"""What the invented archive (invented.py) tells: its sentences, hostile ones too, and the themes with their plans by day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

LAST = date(2026, 10, 31)
TURN = date(2026, 6, 1)

HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">",
    "[click here](javascript:alert(1)) **bold** # heading `code` ![image](http://203.0.113.9/pixel.png)",
    '=HYPERLINK("http://203.0.113.9","Refund")',
    "$\\frac{1}{2}$ :red[danger] :material/home: <b>bold</b> &amp; {{ braces }} www.evil.example",
    "\u202eright to left and \u0000-free nonsense " + "very long words " * 12,
)

SUPPORTS = (
    "Doubling the budget again bought a tenth of a point, and the team behind {x} now says so in public.",
    '"We kept adding machines and the curve kept bending," said Ilse Barendt, who ran {x} for two years.',
    "The figures that {x} filed this week show the same flattening that three other groups had found.",
)
OPPOSES = (
    "Each larger model of {x} has beaten the one before it on work that customers pay for, and the gap is widening.",
    '"People have announced the end of this road every spring since I started," said Oren Valdez of {x}.',
    "Nothing in the measurements of {x} hints at a ceiling: twice the machines, the same step upward.",
)
NEUTRAL = (
    "Whether the next cluster of {x} will be worth its price is a question its own engineers answer differently.",
    "The committee heard both views on {x} and put off its decision until the spring.",
)
TEXTS = {"supports": SUPPORTS, "opposes": OPPOSES, "neutral": NEUTRAL}
SUBJECTS = ("Aldermoor", "Castellan Compute", "Brightwater", "Fennick", "Ostrava Labs", "Marlow Systems", "Quillon", "Teasel")
HEADLINES = (
    "What {x} learned from a year of bigger machines",
    "{x} opens its books, and its doubts",
    "Inside the long winter at {x}",
    "The bill for {x} comes due",
    "{x} bets on a smaller room",
    "Why investors still queue for {x}",
    "A quiet reversal at {x}",
    "{x} and the price of patience",
)


@dataclass(frozen=True)
class Plan:
    """A theme: how often a story is about it, and how often such a story supports or opposes its claim, by day."""

    slug: str
    name: str
    claim: str
    share: Callable[[date], float]
    supports: Callable[[date], float]
    opposes: Callable[[date], float]
    kind: str = "curated"


LARGE = (
    Plan(
        "end-of-scaling",
        "End of scaling",
        "Making AI models bigger with more data and compute no longer delivers transformative progress.",
        lambda day: 0.05 if day < TURN else 0.11,
        lambda day: 0.2 if day < TURN else 0.6,
        lambda day: 0.5 if day < TURN else 0.15,
    ),
    Plan(
        "compute-arms-race",
        "Compute arms race",
        "The massive spending on AI chips and data centers is justified.",
        lambda day: 0.08,
        lambda day: 0.35,
        lambda day: 0.35,
    ),
    Plan(
        "safety-first",
        "Safety first",
        "AI safety must stay ahead of AI capabilities, even if that slows development.",
        lambda day: 0.012,
        lambda day: 0.5,
        lambda day: 0.2,
    ),
    Plan(
        "sentient-life",
        "Sentient life",
        "Advanced AI should be built to care about sentient life.",
        lambda day: 0.0,
        lambda day: 0,
        lambda day: 0,
    ),
    Plan(
        "d-grid-batteries",
        "sodium, grid, storage",
        "Sodium cells are cheap enough for the grid.",
        lambda day: 0.04,
        lambda day: 0.3,
        lambda day: 0.1,
        "discovered",
    ),
)


def _mood(slug: str, name: str, claim: str, early: float, late: float) -> Plan:
    """A theme of the small world whose support drifts from early to late."""

    def support(day: date) -> float:
        return early + (late - early) * (1 - (LAST - day).days / 540)

    return Plan(slug, name, claim, lambda day: 0.085, lambda day: 0.8 * support(day), lambda day: 0.8 * (1 - support(day)))


SMALL = (
    _mood("end-of-scaling", "End of scaling", LARGE[0].claim, 0.0, 1.0),
    _mood("compute-arms-race", "Compute arms race", LARGE[1].claim, 1.0, 0.0),
    _mood("age-of-research", "Age of research", "The next leap in AI will come from new research ideas.", 0.2, 1.0),
    _mood(
        "ssi-funding",
        "SSI funding",
        "Research-first AI startups deserve multi-billion-dollar valuations without a product.",
        1.0,
        0.1,
    ),
    _mood("data-exhaustion", "Data exhaustion", "AI developers are running out of high-quality training data.", 0.9, 0.1),
    _mood("jagged-intelligence", "Jagged intelligence", "Today's AI models generalize poorly.", 0.9, 0.7),
    _mood("safety-first", "Safety first", LARGE[2].claim, 0.9, 0.4),
    _mood(
        "democratised-progress",
        "Democratised progress",
        "Smaller labs with better ideas can rival the biggest AI companies.",
        0.8,
        0.2,
    ),
)
