"""A text from outside is given the themes that a run would give it."""

from evals.fakes import FakeEncoder, FakeJudge
from tests.builders import FIXED_NOW, article
from tests.steps.test_dividing import WHO, Archive, on, rules
from tests.steps.test_theming import FIGURES, discover, report
from tests.test_pipeline import QUAY
from tracker.settings import Settings
from tracker.steps import assigning
from tracker.store import derived, theme_edits

BESIDE = "The robot cranes shorten the wait of ships at the quay, said a baker on the market."
BREAD = """Sourdough needs patience, flour and salt, and an oven that was lit before sunrise by somebody who cares about crust and crumb. \
Yeast rises slowly where kitchens stay cold, which bakers learn early.
Wheat became dearer again this autumn because harvests failed across several provinces, so loaves shrank while prices stayed. \
Families noticed, naturally, and complained wherever neighbours gathered.
Grandmothers remember rationing, when bran replaced wheat entirely and nobody dared complain about crumbs or bitterness. \
Their recipes survive inside notebooks, stained with butter.""".splitlines()


def assigned(archive: Archive, chosen: Settings, *texts: str, title: str = "") -> list[list[str]]:
    got = assigning.assign([(title, text) for text in texts], chosen, derived.themes(archive.connection), FakeEncoder(), FakeJudge())
    return [[slug for slug, _ in of_text] for of_text in got]


def test_a_sentence_on_the_claim_in_a_text_on_something_else_is_no_mention_there_as_in_an_analysis() -> None:
    chosen = rules()
    # The stand-in encoder's cosines: 0.31 and 0.61 of the two texts, 0.57 of the sentence alone
    chosen = chosen.model_copy(update={"discovery": chosen.discovery.model_copy(update={"subject_similarity": 0.6})})
    beside, on_it = "\n".join([*BREAD, BESIDE]), "\n".join([BESIDE, QUAY.claim, "Ships no longer wait for cranes at the quay.", *BREAD[:1]])
    archive = Archive()
    archive.night(
        [article(article_id=name, url=f"https://example.com/{name}", title=name, text=text) for name, text in (("beside", beside), ("on", on_it))],
        chosen,
    )
    assert archive.connection.execute("select article_id from article_themes").fetchall() == [("on",)]
    assert assigned(archive, chosen, beside, on_it, BESIDE) == [[], [QUAY.slug], [QUAY.slug]]  # of a passage alone only what it says


def test_what_was_merged_hidden_or_promoted_is_followed_to_where_it_went() -> None:
    archive = Archive()
    subjects = ("bread", "rockets", "glasses", "football", "ransom", "batteries")
    theme = {subject: discover(archive, subject) for subject in subjects}
    archive.night([], rules())
    curated = theme_edits.find(archive.connection, QUAY.slug).theme
    for gone, into in (("bread", theme["rockets"]), ("rockets", theme["glasses"]), ("football", curated)):
        theme_edits.merge(archive.connection, theme[gone], into, WHO, FIXED_NOW)
    theme_edits.hide(archive.connection, theme["ransom"], True, WHO, FIXED_NOW)
    theme_edits.promote(archive.connection, theme["batteries"], WHO, FIXED_NOW)

    articles = [one for subject in subjects for one in on(subject, [7])]
    got = [set(assigned(archive, rules(), one.text, title=one.title)[0]) for one in articles]
    assert [of_text - {"batteries"} for of_text in got] == [{"glasses"}, {"glasses"}, {"glasses"}, set(), set(), set()]
    assert assigned(archive, rules()) == []
    archive.night(articles, rules())
    rows = archive.connection.execute(
        "select article_id, slug from article_themes join themes using (theme_id) where status = 'active'"
    ).fetchall()
    # batteries is asked by its claim, and the stand-in judge finds it bears on much
    assert got == [{slug for article_id, slug in rows if article_id == one.article_id} for one in articles]
    assert archive.subjects_in(theme["glasses"]) == {"bread": 1, "rockets": 1, "glasses": 1}


def test_a_curated_theme_that_the_file_no_longer_lists_is_found_by_its_examples_until_it_is_hidden() -> None:
    archive, text = Archive(), report(1).text
    archive.night([report(0)], rules(FIGURES))
    assert assigned(archive, rules(), text) == assigned(archive, rules(FIGURES), text)
    assert FIGURES.slug in assigned(archive, rules(), text)[0]
    theme_edits.hide(archive.connection, theme_edits.find(archive.connection, FIGURES.slug).theme, True, WHO, FIXED_NOW)
    assert FIGURES.slug not in assigned(archive, rules(), text)[0]
    assert FIGURES.slug not in assigned(archive, rules(FIGURES), text)[0]


def test_a_text_with_its_title_gets_what_the_article_gets_in_a_run() -> None:
    chosen = rules()
    # The stand-in encoder's cosines to the claim: 0.31 of the body alone, 0.51 with the title, which says it
    chosen = chosen.model_copy(update={"discovery": chosen.discovery.model_copy(update={"subject_similarity": 0.4})})
    text, archive = "\n".join([*BREAD, BESIDE]), Archive()
    archive.night([article(article_id="a", url="https://example.com/a", title=QUAY.claim, text=text)], chosen)
    assert archive.connection.execute("select article_id from article_themes").fetchall() == [("a",)]
    assert assigned(archive, chosen, text, title=QUAY.claim) == [[QUAY.slug]]
    assert assigned(archive, chosen, text) == [[]]
