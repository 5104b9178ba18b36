"""The example questions of the SQL page, and the query behind a theme's chart: all on the public views."""

OVER_TIME = """\
select v.day, v.stories, v.share, v.coverage, s.net_28d, s.low_28d, s.high_28d
from volume_daily v
join themes t using (theme_id)
left join stance_daily s using (theme_id, day)
where t.slug = '{slug}'
order by v.day"""

EXAMPLES: dict[str, str] = {
    "How many stories a month, by theme?": """\
select t.name, date_trunc('month', v.day)::date as month, sum(v.stories) as stories
from volume_daily v join themes t using (theme_id)
group by all order by month, stories desc""",
    "Which way does each theme lean?": """\
select t.name, sum(s.supports) as supports, sum(s.opposes) as opposes, sum(s.neutral) as neutral,
       round((sum(s.supports) - sum(s.opposes)) / nullif(sum(s.supports + s.opposes + s.neutral), 0), 2) as net
from stance_daily s join themes t using (theme_id)
group by all order by net desc nulls last""",
    "Which outlets oppose a claim most often?": """\
select t.name as theme, o.name as outlet, sum(d.stories) as stories, sum(d.opposes) as opposes
from theme_outlet_daily d join themes t using (theme_id) join outlets o using (outlet)
group by all having sum(d.opposes) > 0 order by opposes desc, stories""",
    "The surest passages against a claim": """\
select t.name as theme, a.outlet, a.published_at, m.confidence, m.passage, a.url
from mentions m join themes t using (theme_id) join articles a using (article_id)
where m.stance = 'opposes' order by m.confidence desc limit 50""",
    "Who is quoted, and on which side?": """\
select m.speaker, t.name as theme, m.stance, count(*) as passages
from mentions m join themes t using (theme_id)
where m.speaker is not null and not m.is_unsure group by all order by passages desc limit 100""",
    "Which stories were copied most?": """\
select title, first_published_at, articles, outlets from stories order by articles desc limit 20""",
    "Why were entries rejected?": """\
select outlet, reason, count(*) as entries from rejections group by all order by entries desc""",
    "Which days are missing?": """\
select outlet, state, count(*) as days, min(day) as first, max(day) as last
from coverage_daily where state <> 'complete' group by all order by days desc""",
}
