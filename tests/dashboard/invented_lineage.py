"""The large invented archive comes in; a lineage is written into it: a split, a merge, a hidden theme, a silence, a name that a model worded.

d-grid-batteries (t4)   discovered; took in d-cells, parted with d-flow-cells
d-flow-cells (tf)       split off from it; named by a language model
d-cells (tm)            merged into it by discovery, as was d-old-cells (tn) into d-cells by a person before
d-winter-tyres (tw)     ended: its stories are of the first weeks
d-recipes (tr)          renamed and then hidden by a person; no stories
"""

from typing import Any

SPLIT_RUN, MERGE_RUN = "20260901T041000Z", "20261101T041000Z"
CHAT = "llm:small-chat-3"

_THEMES = """
    insert into themes by name
    select * from (values
        ($split, 'tf', 'd-flow-cells', 'Flow cells', 'Flow cells outlast the panels they serve.', 'active', null, $chat),
        ($split, 'tm', 'd-cells', 'Cells <b>and</b> packs', 'Cells get cheaper.', 'merged', 't4', 'terms'),
        ($split, 'tn', 'd-old-cells', 'Old cells', 'Old cells are worth keeping.', 'merged', 'tm', 'terms'),
        ($split, 'tw', 'd-winter-tyres', 'tyres, winter', 'Winter tyres are oversold.', 'active', null, 'terms'),
        ($split, 'tr', 'd-recipes', 'Recipes', 'Soup is a meal.', 'hidden', null, 'person')
    ) as t(run_id, theme_id, slug, name, claim, status, merged_into, name_from),
    (select 'discovered' as kind, 'a000007' as claim_from, []::varchar[] as terms)"""

_CHANGES = """
    insert into theme_changes values
        ($merge, 't4', 'born', null, 12), ($split, 'tf', 'split', 't4', 9), ($split, 'tm', 'born', null, 8),
        ($split, 'tw', 'born', null, 8), ($split, 'tr', 'born', null, 8), ($split, 'tn', 'born', null, 8), ($merge, 'tm', 'merged', 't4', 21)"""

_EDITS = """
    insert into theme_edits values
        (1, timestamp '2026-09-10 08:00', 'jo', 'rename', 'tr', 'Recipes'), (2, timestamp '2026-09-11 08:00', 'jo', 'hide', 'tr', null),
        (3, timestamp '2026-09-12 08:00', $chat, 'word', 'tf', 'Flow cells'), (4, timestamp '2026-10-01 08:00', 'jo', 'merge', 'tn', 'tm')"""

_TYRES = """
    insert into article_themes by name
    select $split as run_id, article_id, 'tw' as theme_id, 0.9 as strength, 1 as passages, 'neutral' as stance, 0.0 as net_stance,
           0.82 as confidence, 0 as unsure
    from articles anti join article_themes using (article_id)
    where published_at between timestamp '2025-10-01' and timestamp '2025-11-15' order by article_id limit 12"""


def add(connection: Any) -> None:
    """Write it; each third article on batteries since June goes to the theme that split off."""
    named = {"split": SPLIT_RUN, "merge": MERGE_RUN, "chat": CHAT}
    for statement in (_THEMES, _CHANGES, _EDITS, _TYRES):
        connection.execute(statement, {name: value for name, value in named.items() if f"${name}" in statement})
    for table in ("article_themes", "mentions"):
        connection.execute(
            f"""update {table} set theme_id = 'tf' where theme_id = 't4' and article_id in (
                select article_id from articles where published_at >= timestamp '2026-06-01' and right(article_id, 1) in ('0', '3', '6'))"""
        )
