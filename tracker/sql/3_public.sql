-- What the outside world may rely on: the public views of the published file, each followed by its comments.
-- Columns are listed one by one (never select *), article text is not among them, and every column says what it means.
-- The tables behind them (schema base) are written by store/publish.py; docs/columns.md is written from these comments.

create or replace view outlets as
select
    o.outlet,
    o.name,
    o.kind,
    o.tier,
    o.country,
    o.feeds,
    o.articles,
    o.first_seen_at
from base.outlets o;

comment on view outlets is 'One row per outlet we read (feeds.yaml).';
comment on column outlets.outlet is 'Lasting id of the outlet, as in feeds.yaml';
comment on column outlets.name is 'Name of the outlet';
comment on column outlets.kind is 'news, trade, newsletter, research, lab or policy';
comment on column outlets.tier is '1 large newsroom or primary source, 2 established specialist, 3 single author or small site';
comment on column outlets.country is 'ISO 3166 code of the country it is based in; null if not given';
comment on column outlets.feeds is 'Number of feeds now polled';
comment on column outlets.articles is 'Number of articles stored';
comment on column outlets.first_seen_at is 'When the outlet was first polled, UTC';

create or replace view articles as
select
    a.article_id,
    a.story_id,
    a.outlet,
    a.url,
    a.title,
    a.author,
    a.language,
    a.published_at,
    a.published_from,
    a.first_seen_at,
    a.words,
    a.text_source,
    a.revisions
from base.articles a;

comment on view articles is 'One row per stored article. Full text is not published; evidence passages are in mentions.';
comment on column articles.article_id is 'Stable id of the article, made from its canonical address';
comment on column articles.story_id is 'The story (group of copies and rewrites) it belongs to';
comment on column articles.outlet is 'Outlet whose feed carried it';
comment on column articles.url is 'Canonical address';
comment on column articles.title is 'Headline';
comment on column articles.author is 'Author as given; null if none';
comment on column articles.language is 'ISO 639-1 code, detected from the text';
comment on column articles.published_at is 'Publication time, UTC; null if no trustworthy date is known';
comment on column articles.published_from is 'Where the date comes from: feed, page, url; unknown if there is none';
comment on column articles.first_seen_at is 'When the crawler first saw the entry, UTC';
comment on column articles.words is 'Number of words of the stored text';
comment on column articles.text_source is 'page, or feed where the page could not be read and the feed''s own text is kept';
comment on column articles.revisions is 'How often its feed entry changed its title or text after it was first seen; the first version is what is counted';

create or replace view stories as
select
    s.story_id,
    s.first_published_at,
    s.title,
    s.articles,
    s.outlets,
    s.first_outlet
from base.stories s;

comment on view stories is 'One row per story: a text with all its copies and rewrites.';
comment on column stories.story_id is 'Stable id: the article_id of the member published first when the story was found; copies that turn up later do not change it';
comment on column stories.first_published_at is 'First trusted publication time of any member, UTC; null if none is dated';
comment on column stories.title is 'Headline of the first published member';
comment on column stories.articles is 'Number of articles in the story';
comment on column stories.outlets is 'Number of outlets that carried it';
comment on column stories.first_outlet is 'The outlet that published it first; null if no member is dated';

create or replace view themes as
select
    t.theme_id,
    t.slug,
    t.name,
    t.kind,
    t.claim,
    t.claim_from,
    t.terms,
    t.status,
    t.merged_into,
    t.first_seen_at,
    t.last_seen_at,
    t.articles,
    t.name_from
from base.themes t;

comment on view themes is 'One row per theme: a narrative with one claim, curated in themes.yaml or discovered by BERTopic.';
comment on column themes.theme_id is 'Stable id, kept for life';
comment on column themes.slug is 'Readable id, kept for life';
comment on column themes.name is 'Display name';
comment on column themes.kind is 'curated (themes.yaml) or discovered';
comment on column themes.claim is 'The one-sentence proposition stance is measured toward';
comment on column themes.claim_from is 'yaml, or the article_id whose passage serves as provisional claim of a discovered theme';
comment on column themes.terms is 'Aliases of a curated theme; c-TF-IDF terms of a discovered one';
comment on column themes.status is 'active, hidden or merged';
comment on column themes.merged_into is 'theme_id it was merged into; null unless merged';
comment on column themes.first_seen_at is 'First publication time of a dated article of the theme, UTC';
comment on column themes.last_seen_at is 'Last publication time of a dated article of the theme, UTC';
comment on column themes.articles is 'Number of articles of the theme, dated or not';
comment on column themes.name_from is 'Who worded the name: yaml, terms (made from the texts), person, or a language model (llm:...)';

create or replace view theme_events as
select
    e.theme_id,
    e.recorded_at,
    e.day,
    e.event,
    e.other_theme_id,
    e.stories,
    e.made_by,
    e.detail
from base.theme_events e;

comment on view theme_events is 'One row per event in the life of a theme: its lineage, and every edit with who and when.';
comment on column theme_events.theme_id is 'The theme';
comment on column theme_events.recorded_at is 'When it was recorded, UTC; of ended and returned the day itself';
comment on column theme_events.day is 'The UTC day in the news it belongs to: of added, born and split the theme''s first story (of a theme merged away, which has none left, the day it was found), of ended its last one before the silence; null if it has no dated story';
comment on column theme_events.event is 'added (themes.yaml), born (discovered), split (came out of other_theme_id), merged (went into other_theme_id), unmerged (came back out of other_theme_id), ended (45 crawled days without a story, or six times its usual pause), returned, renamed, hidden, shown, promoted, worded';
comment on column theme_events.other_theme_id is 'Of split and unmerged the theme it came out of, of merged the theme it went into; else null';
comment on column theme_events.stories is 'Stories that founded the theme, came along or went over; null of events that concern none, and of edits';
comment on column theme_events.made_by is 'tracker, the user who made the edit, or the language model that worded a name (llm:...)';
comment on column theme_events.detail is 'Of renamed and worded the new name; else null';

create or replace view typical_stories as
select
    s.theme_id,
    s.position,
    s.article_id,
    s.title,
    s.outlet,
    s.published_at,
    s.strength
from base.typical_stories s;

comment on view typical_stories is 'Up to three rows per theme: its most typical stories, which say what it is about.';
comment on column typical_stories.theme_id is 'The theme';
comment on column typical_stories.position is '1 the most typical';
comment on column typical_stories.article_id is 'The first published article of the story';
comment on column typical_stories.title is 'Its headline';
comment on column typical_stories.outlet is 'Its outlet';
comment on column typical_stories.published_at is 'Its publication time, UTC; null if unknown';
comment on column typical_stories.strength is 'As in article_themes: what it is ordered by';

create or replace view theme_moves as
select
    m.theme_id,
    m.move,
    m.first_day,
    m.last_day,
    m.stories,
    m.expected,
    m.of_stories,
    m.weeks_before,
    m.stories_before,
    m.ratio,
    m.low,
    m.high,
    m.p_value,
    m.q_value
from base.theme_moves m;

comment on view theme_moves is 'One row per active theme: whether the newest seven days differ from the weeks before by more than the theme''s own noise.';
comment on column theme_moves.theme_id is 'The theme';
comment on column theme_moves.move is 'new (its first story lies in these days; not tested), growing, fading or silent (no story at all) where q_value is at most 0.10, steady (no more than its noise), or too little data (under 5 stories in all these weeks, under 5 weeks before, or under 20 stories of all subjects in the window)';
comment on column theme_moves.first_day is 'First UTC day of the recent window';
comment on column theme_moves.last_day is 'Its last UTC day: the newest with a story';
comment on column theme_moves.stories is 'Stories of the theme in the recent window';
comment on column theme_moves.expected is 'Stories that the theme''s share in the weeks before lets one expect in the window; null where not tested';
comment on column theme_moves.of_stories is 'All stories of the recent window';
comment on column theme_moves.weeks_before is 'Seven-day weeks before the window it is compared with: of the last 12 those with at least half as many stories of all subjects as the window';
comment on column theme_moves.stories_before is 'Stories of the theme in them';
comment on column theme_moves.ratio is 'stories / expected; null where not tested, or nothing was to be expected';
comment on column theme_moves.low is 'Lower end of the 95 % interval of the ratio, the theme''s noise included: it leaves out 1 exactly where p_value is below 0.05; null where not tested';
comment on column theme_moves.high is 'Upper end of it; null where not tested, or the weeks before have no story';
comment on column theme_moves.p_value is 'Two-sided, of a beta-binomial test with the theme''s own scatter from week to week; null where not tested';
comment on column theme_moves.q_value is 'The same after Benjamini and Hochberg over all tested themes: of the moves up to 0.10 a tenth may be chance';

create or replace view article_themes as
select
    x.article_id,
    x.theme_id,
    x.strength,
    x.passages,
    x.stance,
    x.net_stance,
    x.confidence,
    x.unsure
from base.article_themes x;

comment on view article_themes is 'One row per article and theme.';
comment on column article_themes.article_id is 'The article';
comment on column article_themes.theme_id is 'The theme';
comment on column article_themes.strength is '0..1: for curated themes the highest probability that a passage bears on the claim; for discovered themes the cosine to the theme''s centroid';
comment on column article_themes.passages is 'Number of mentions of the theme in the article';
comment on column article_themes.stance is 'supports, opposes or neutral toward the claim, from the mentions the judge is sure of; null if it abstains on all (unsure = passages)';
comment on column article_themes.net_stance is '-1..1: mean over these mentions of p_supports - p_opposes, weighted by the probability that the mention bears on the claim; null if there are none';
comment on column article_themes.confidence is '0..1: the judge''s confidence in the article''s stance; null where stance is';
comment on column article_themes.unsure is 'Of the mentions, those on which the judge abstains: they count as coverage and take no side';

create or replace view mentions as
select
    m.article_id,
    m.theme_id,
    m.passage,
    m.position,
    m.stance,
    m.p_supports,
    m.p_opposes,
    m.p_neutral,
    m.confidence,
    m.voice,
    m.speaker,
    m.is_unsure
from base.mentions m;

comment on view mentions is 'One row per passage and theme: the evidence behind every stance.';
comment on column mentions.article_id is 'The article';
comment on column mentions.theme_id is 'The theme';
comment on column mentions.passage is 'The passage, an exact substring of the article''s text';
comment on column mentions.position is '0-based order of the passage in the article';
comment on column mentions.stance is 'supports, opposes or neutral toward the claim; where is_unsure, what the judge would say if it had to';
comment on column mentions.p_supports is 'Probability that the passage supports the claim, given that it bears on it';
comment on column mentions.p_opposes is 'Probability that the passage opposes the claim, given that it bears on it';
comment on column mentions.p_neutral is 'Probability that the passage takes no side, given that it bears on it';
comment on column mentions.confidence is '0..1: the largest of the three times the probability that the passage bears on the claim';
comment on column mentions.voice is 'outlet if the outlet says it, quoted if someone it quotes does';
comment on column mentions.speaker is 'Name of the quoted speaker where one is given; else null';
comment on column mentions.is_unsure is 'True if the judge abstains, as it gives no label enough probability: counted as coverage, on no side, not shown as evidence';

create or replace view volume_daily as
select
    v.theme_id,
    v.day,
    v.stories,
    v.articles,
    v.outlets,
    v.share,
    v.coverage
from base.volume_daily v;

comment on view volume_daily is 'One row per theme and UTC day: how much it was covered. A day nobody crawled has coverage missing and null counts, never 0.';
comment on column volume_daily.theme_id is 'The theme';
comment on column volume_daily.day is 'UTC day of publication';
comment on column volume_daily.stories is 'Stories of the theme first published that day; null if the day was not crawled';
comment on column volume_daily.articles is 'Articles of the theme published that day, copies included; null if the day was not crawled';
comment on column volume_daily.outlets is 'Outlets that published them; null if the day was not crawled';
comment on column volume_daily.share is 'stories as a part of all stories first published that day, 0..1; null if the day was not crawled or had no story';
comment on column volume_daily.coverage is 'complete (at least 80 % of the outlets due were collected; where the count is 0, all of them), partial or missing';

create or replace view stance_daily as
select
    s.theme_id,
    s.day,
    s.supports,
    s.opposes,
    s.neutral,
    s.net,
    s.low,
    s.high,
    s.net_28d,
    s.low_28d,
    s.high_28d,
    s.stories_28d,
    s.outlets_28d,
    s.unsure
from base.stance_daily s;

comment on view stance_daily is 'One row per theme and UTC day that has stories: which way they lean. Stories count once.';
comment on column stance_daily.theme_id is 'The theme';
comment on column stance_daily.day is 'UTC day of publication';
comment on column stance_daily.supports is 'Stories that support the claim';
comment on column stance_daily.opposes is 'Stories that oppose the claim';
comment on column stance_daily.neutral is 'Stories on the issue that take no side';
comment on column stance_daily.net is 'Net stance of the day, -1..1: (supports - opposes) / (supports + opposes + neutral), from 600 labelled passages on (view judge_confusion, unrelated left out) corrected for the judge''s errors; unsure stories take no part, and that they may lean otherwise is not corrected for; null if the judge abstains on every story';
comment on column stance_daily.low is 'Lower end of its 95 % interval, outlets as clusters, the judge''s own errors included where they are known (label_error_draws); null under 5 outlets';
comment on column stance_daily.high is 'Upper end of the same interval; null under 5 outlets';
comment on column stance_daily.net_28d is 'Net stance of the 28 days ending that day, made as net; null if the judge abstains on every story';
comment on column stance_daily.low_28d is 'Lower end of its 95 % interval, as for low; null under 5 outlets';
comment on column stance_daily.high_28d is 'Upper end of its 95 % interval, as for low; null under 5 outlets';
comment on column stance_daily.stories_28d is 'Stories behind net_28d: those on which the judge does not abstain';
comment on column stance_daily.outlets_28d is 'Outlets behind net_28d';
comment on column stance_daily.unsure is 'Stories on the issue on which the judge abstains: neither among supports, opposes and neutral nor in net';

create or replace view outlet_stance as
select
    o.theme_id,
    o.outlet,
    o.month,
    o.stories,
    o.supports,
    o.opposes,
    o.neutral,
    o.net,
    o.low,
    o.high,
    o.unsure
from base.outlet_stance o;

comment on view outlet_stance is 'One row per theme, outlet and month: which way an outlet leans.';
comment on column outlet_stance.theme_id is 'The theme';
comment on column outlet_stance.outlet is 'The outlet; a story counts for each outlet that carried it';
comment on column outlet_stance.month is 'First day of the month, UTC';
comment on column outlet_stance.stories is 'Stories of the theme the outlet carried';
comment on column outlet_stance.supports is 'Of these, stories whose article there supports the claim';
comment on column outlet_stance.opposes is 'Of these, stories whose article there opposes the claim';
comment on column outlet_stance.neutral is 'Of these, stories whose article there takes no side';
comment on column outlet_stance.net is 'Net stance, -1..1: (supports - opposes) / (supports + opposes + neutral), corrected and not corrected as stance_daily.net; null if the judge abstains on every story';
comment on column outlet_stance.low is 'Lower end of its 95 % interval, stories as units, the judge''s own errors included where they are known; null under 5 stories';
comment on column outlet_stance.high is 'Upper end of the same interval; null under 5 stories';
comment on column outlet_stance.unsure is 'Of these, stories on which the judge abstains: on no side, not in net';

create or replace view voice_stance as
select
    v.theme_id,
    v.month,
    v.voice,
    v.mentions,
    v.supports,
    v.opposes,
    v.neutral,
    v.unsure,
    v.net,
    v.low,
    v.high
from base.voice_stance v;

comment on view voice_stance is 'One row per theme, month and voice: which way outlets lean in their own words, and which way those they quote.';
comment on column voice_stance.theme_id is 'The theme';
comment on column voice_stance.month is 'First day of the month, UTC';
comment on column voice_stance.voice is 'outlet (its own words) or quoted (someone it lets speak)';
comment on column voice_stance.mentions is 'Passages on the issue; one that copies of a story repeat counts once, for the outlet that published it first';
comment on column voice_stance.supports is 'Of these, passages that support the claim';
comment on column voice_stance.opposes is 'Of these, passages that oppose the claim';
comment on column voice_stance.neutral is 'Of these, passages that take no side';
comment on column voice_stance.unsure is 'Of these, passages on which the judge abstains';
comment on column voice_stance.net is 'Net stance, -1..1: (supports - opposes) / (supports + opposes + neutral), corrected and not corrected as stance_daily.net; null if the judge abstains on all';
comment on column voice_stance.low is 'Lower end of its 95 % interval, outlets as clusters, the judge''s own errors included where they are known; null under 5 outlets';
comment on column voice_stance.high is 'Upper end of the same interval; null under 5 outlets';

create or replace view speakers as
select
    p.theme_id,
    p.speaker,
    p.mentions,
    p.supports,
    p.opposes,
    p.neutral,
    p.unsure,
    p.outlets,
    p.share,
    p.first_day,
    p.last_day
from base.speakers p;

comment on view speakers is 'One row per theme and named speaker: whom the outlets quote on it, and how often.';
comment on column speakers.theme_id is 'The theme';
comment on column speakers.speaker is 'Name as the passage gives it; one person under two spellings is two rows';
comment on column speakers.mentions is 'Passages that quote the speaker on the issue; one that copies of a story repeat counts once';
comment on column speakers.supports is 'Of these, passages that support the claim';
comment on column speakers.opposes is 'Of these, passages that oppose the claim';
comment on column speakers.neutral is 'Of these, passages that take no side';
comment on column speakers.unsure is 'Of these, passages on which the judge abstains';
comment on column speakers.outlets is 'Outlets that published them first';
comment on column speakers.share is 'mentions as a part of the theme''s quoted passages with a named speaker, 0..1';
comment on column speakers.first_day is 'UTC day of the first of them';
comment on column speakers.last_day is 'UTC day of the last of them';

create or replace view turning_points as
select
    p.theme_id,
    p.day,
    p.first_day,
    p.last_day,
    p.measure,
    p.before,
    p.after,
    p.p_value,
    p.articles,
    p.panel_before,
    p.panel_after,
    p.may_be_artefact
from base.turning_points p;

comment on view turning_points is 'One row per tested change of a theme''s weekly share or net stance that is unlikely to be chance.';
comment on column turning_points.theme_id is 'The theme';
comment on column turning_points.day is 'First day of the first week after the change, UTC';
comment on column turning_points.first_day is 'Earliest day the change may lie on';
comment on column turning_points.last_day is 'Latest day the change may lie on';
comment on column turning_points.measure is 'share or net_stance';
comment on column turning_points.before is 'Level before the change';
comment on column turning_points.after is 'Level after the change';
comment on column turning_points.p_value is 'Block-bootstrap p value (10-week blocks); rows pass Benjamini-Hochberg at q <= 0.10';
comment on column turning_points.articles is 'article_ids within the change''s date range, at most 20';
comment on column turning_points.panel_before is 'The level in the 26 weeks before it among the outlets collected on both sides (in 80 % of the weeks in which any was); null if these have no stories';
comment on column turning_points.panel_after is 'The same in the 26 weeks from it on';
comment on column turning_points.may_be_artefact is 'True if less than half of the change around it is left among those outlets: what changed may be which outlets were collected';

create or replace view withdrawn_points as
select
    w.theme_id,
    w.measure,
    w.day,
    w.before,
    w.after,
    w.withdrawn_on
from base.withdrawn_points w;

comment on view withdrawn_points is 'One row per turning point that was published once and no longer passes its test, three weeks around it included.';
comment on column withdrawn_points.theme_id is 'The theme';
comment on column withdrawn_points.measure is 'share or net_stance';
comment on column withdrawn_points.day is 'First day of the first week after the change, as last told, UTC';
comment on column withdrawn_points.before is 'Level before the change, as last told';
comment on column withdrawn_points.after is 'Level after the change, as last told';
comment on column withdrawn_points.withdrawn_on is 'UTC day of the run that found it no more';

create or replace view coverage_daily as
select
    c.outlet,
    c.day,
    c.polls,
    c.failures,
    c.new_articles,
    c.expected,
    c.state
from base.coverage_daily c;

comment on view coverage_daily is 'One row per outlet and UTC day: what was collected. Tells missing from zero.';
comment on column coverage_daily.outlet is 'The outlet';
comment on column coverage_daily.day is 'UTC day';
comment on column coverage_daily.polls is 'Polls of its feeds on that day';
comment on column coverage_daily.failures is 'Of these, polls that failed';
comment on column coverage_daily.new_articles is 'Articles published that day';
comment on column coverage_daily.expected is 'Articles the outlet usually publishes on that weekday; null if too little is known';
comment on column coverage_daily.state is 'complete: its feeds showed the whole day; partial: a part of it; missing: nobody looked';

create or replace view feed_health as
select
    f.outlet,
    f.feed,
    f.last_ok_at,
    f.last_outcome,
    f.last_reason,
    f.failures_in_a_row,
    f.articles_30d,
    f.silent_since,
    f.next_due_at,
    f.address,
    f.duplicate_of
from base.feed_health f;

comment on view feed_health is 'One row per feed: does it still answer, does it still say anything.';
comment on column feed_health.outlet is 'The outlet';
comment on column feed_health.feed is 'Address of the feed';
comment on column feed_health.last_ok_at is 'Last time it answered with a feed or ''unchanged'', UTC; null if never';
comment on column feed_health.last_outcome is 'Outcome of the last poll: ok, unchanged, soft_error, hard_error, refused';
comment on column feed_health.last_reason is 'Code of what went wrong; empty if nothing did';
comment on column feed_health.failures_in_a_row is 'Polls failed since the last good one';
comment on column feed_health.articles_30d is 'Articles published in the 30 days before the last run';
comment on column feed_health.silent_since is 'Time of its newest entry if the feed answers but has said nothing for far longer than its own rhythm; else null';
comment on column feed_health.next_due_at is 'Next poll at the earliest, UTC: the next night, or later after failures; null if another feed is polled in its place';
comment on column feed_health.address is 'Where it is polled now: the address in feeds.yaml, or where permanent redirects led in two runs';
comment on column feed_health.duplicate_of is 'The feed polled in its place, as both have moved to one address; else null';

create or replace view possible_gaps as
select
    g.outlet,
    g.feed,
    g.from_at,
    g.to_at,
    g.seen_at
from base.possible_gaps g;

comment on view possible_gaps is 'One row per feed and gap: entries may have come and gone between two good polls, as the later one does not reach back to the earlier.';
comment on column possible_gaps.outlet is 'The outlet';
comment on column possible_gaps.feed is 'Address of the feed';
comment on column possible_gaps.from_at is 'The last good poll before the gap, UTC';
comment on column possible_gaps.to_at is 'Oldest entry the next good poll showed, or that poll itself if older entries stay in the feed, UTC: what came between may be missing';
comment on column possible_gaps.seen_at is 'When the gap was found, UTC; `tracker backfill --since` may close it';

create or replace view rejections as
select
    r.url,
    r.outlet,
    r.stage,
    r.reason,
    r.seen_at
from base.rejections r;

comment on view rejections is 'One row per feed entry that did not become an article, with the reason.';
comment on column rejections.url is 'Canonical address of the entry';
comment on column rejections.outlet is 'The outlet';
comment on column rejections.stage is 'Room that refused it: feed, fetch or extract';
comment on column rejections.reason is 'Short code, for example paywall, consent_wall, too_short, http_404, robots';
comment on column rejections.seen_at is 'When it was refused, UTC';

create or replace view runs as
select
    r.run_id,
    r.started_at,
    r.finished_at,
    r.articles_new,
    r.encoder,
    r.judge,
    r.code_version,
    r.settings_digest
from base.runs r;

comment on view runs is 'One row per run: the provenance of the numbers.';
comment on column runs.run_id is 'Id of the run, its start time in UTC';
comment on column runs.started_at is 'Start, UTC';
comment on column runs.finished_at is 'End, UTC; null if it did not finish';
comment on column runs.articles_new is 'Articles it stored';
comment on column runs.encoder is 'Name and revision of the encoder';
comment on column runs.judge is 'Name and revision of the stance judge';
comment on column runs.code_version is 'Version of this program';
comment on column runs.settings_digest is 'Digest of feeds.yaml, themes.yaml and all settings';

create or replace view theme_outlet_daily as
select
    d.theme_id,
    d.outlet,
    d.day,
    d.stories,
    d.supports,
    d.opposes,
    d.neutral,
    d.unsure
from base.theme_outlet_daily d;

comment on view theme_outlet_daily is 'One row per theme, outlet and UTC day with stories: what charts with filters are summed from. A story counts once, for the outlet that published it first.';
comment on column theme_outlet_daily.theme_id is 'The theme';
comment on column theme_outlet_daily.outlet is 'Outlet that published the story first';
comment on column theme_outlet_daily.day is 'UTC day of first publication';
comment on column theme_outlet_daily.stories is 'Stories of the theme';
comment on column theme_outlet_daily.supports is 'Of these, stories that support the claim';
comment on column theme_outlet_daily.opposes is 'Of these, stories that oppose the claim';
comment on column theme_outlet_daily.neutral is 'Of these, stories that take no side';
comment on column theme_outlet_daily.unsure is 'Of these, stories on which the judge abstains: coverage, but on no side; stories = supports + opposes + neutral + unsure';

create or replace view outlet_daily as
select
    d.outlet,
    d.day,
    d.stories,
    d.articles
from base.outlet_daily d;

comment on view outlet_daily is 'One row per outlet and UTC day with stories: the denominator of every share.';
comment on column outlet_daily.outlet is 'Outlet that published the stories first';
comment on column outlet_daily.day is 'UTC day of first publication';
comment on column outlet_daily.stories is 'Stories first published by the outlet that day, on any subject';
comment on column outlet_daily.articles is 'Articles published by the outlet that day, copies included';

create or replace view judge_changes as
select
    j.changed_at,
    j.run_id,
    j.judge_before,
    j.judge
from base.judge_changes j;

comment on view judge_changes is 'One row per change of the stance judge: that run judged everything again, so one series never mixes two judges, but series published before and after it differ.';
comment on column judge_changes.changed_at is 'Start of the run that judged everything again, UTC';
comment on column judge_changes.run_id is 'That run';
comment on column judge_changes.judge_before is 'Name and revision of the judge until then';
comment on column judge_changes.judge is 'Name and revision of the judge from then on';

create or replace view judge_scores as
select
    j.judge,
    j."set",
    j.theme,
    j.measure,
    j.value,
    j.low,
    j.high,
    j."rows"
from base.judge_scores j;

comment on view judge_scores is 'One row per score of the present stance judge on labelled passages it never saw; sets named ''claim never seen'' score networks trained alike but without the passage''s claim. Empty if its scores are not known.';
comment on column judge_scores.judge is 'Name and revision of the judge, also for the networks trained without a claim';
comment on column judge_scores."set" is 'The labelled passages, for example dev (docs/method.md says what they are); with ''claim never seen'' what a claim you add may expect';
comment on column judge_scores.theme is 'Slug of the theme, or all';
comment on column judge_scores.measure is 'What is scored, for example macro_f1';
comment on column judge_scores.value is 'The score';
comment on column judge_scores.low is 'Lower end of its 95 % interval; null if none was made';
comment on column judge_scores.high is 'Upper end of its 95 % interval; null if none was made';
comment on column judge_scores."rows" is 'Passages it was scored on';

create or replace view judge_confusion as
select
    j.judge,
    j.gold,
    j.found,
    j.passages
from base.judge_confusion j;

comment on view judge_confusion is 'One row per gold and found label: how the present stance judge errs on claims it was trained on, abstentions left out; what label_error_draws are drawn from. On other claims it errs more. Empty if not known.';
comment on column judge_confusion.judge is 'Name and revision of the judge';
comment on column judge_confusion.gold is 'Label by careful reading: supports, opposes, neutral or unrelated';
comment on column judge_confusion.found is 'Label by the judge';
comment on column judge_confusion.passages is 'Passages with these two labels on which the judge does not abstain, none of them seen in training';

create or replace view label_error_draws as
select
    d.draw,
    d.gold,
    d.found,
    d.probability
from base.label_error_draws d;

comment on view label_error_draws is 'The judge''s error rates, drawn 200 times from judge_confusion: what intervals of net stance include of the judge''s own errors. Empty if they are not known.';
comment on column label_error_draws.draw is 'Number of the draw, 0..199';
comment on column label_error_draws.gold is 'Label by careful reading: supports, opposes or neutral';
comment on column label_error_draws.found is 'Label by the judge: supports, opposes or neutral';
comment on column label_error_draws.probability is 'Probability of the found label, given the gold one and that the judge takes the passage for a mention and does not abstain; sums to 1 for a draw and gold label';
