-- What we concluded: stories, passages, vectors, themes, mentions and measures, each row with the run that wrote it.
-- Everything here can be made again from 1_observed.sql, except theme_edits, which people made.

create table if not exists story_members (
    run_id     varchar not null,
    article_id varchar not null,
    story_id   varchar not null,               -- the article_id of the member published first when the story was found; it stays
    signature  blob not null                   -- MinHash of the text, so that late copies find their story
);

create table if not exists passages (
    run_id      varchar not null,
    passage_id  varchar not null,
    article_id  varchar not null,
    position    integer not null,              -- 0-based order in the article
    text        varchar not null,              -- an exact substring of the article's text
    is_boilerplate boolean not null            -- the outlet prints the same passage in many articles
);

create table if not exists passage_vectors (
    run_id     varchar not null,
    passage_id varchar not null,
    encoder    varchar not null,
    embedding  float[384] not null             -- unit length
);

create table if not exists article_vectors (
    run_id     varchar not null,
    article_id varchar not null,
    encoder    varchar not null,
    embedding  float[384] not null             -- unit length: mean of title and passages
);

create table if not exists themes (
    run_id        varchar not null,            -- the run that first wrote it
    theme_id      varchar not null,
    slug          varchar not null,
    name          varchar not null,
    kind          varchar not null,            -- curated, discovered
    claim         varchar not null,
    claim_from    varchar not null,            -- yaml, or the article_id a provisional claim was taken from
    terms         varchar[] not null,
    status        varchar not null,            -- active, hidden, merged
    merged_into   varchar,
    centroid      float[384],                  -- discovered themes: mean of their members, moves with them
    judged_with   varchar                      -- digest of claim, examples and models; when it changes the theme is judged again
);
alter table themes add column if not exists name_from varchar;       -- yaml, terms, person, or the language model that worded it (llm:...)
alter table themes add column if not exists supports varchar[] default [];     -- examples of themes.yaml: what a theme no longer listed is judged with
alter table themes add column if not exists opposes varchar[] default [];

create table if not exists theme_edits (
    edit_id  integer not null,
    made_at  timestamp not null,
    made_by  varchar not null,
    verb     varchar not null,                 -- rename, merge, unmerge, split, hide, show, promote, word
    theme_id varchar not null,
    argument varchar                           -- a name; of merge the theme it went into, of unmerge the one it came back out of, of split the new one
);

-- What discovery did to themes by itself. What people did is in theme_edits.
create table if not exists theme_changes (
    run_id   varchar not null,
    theme_id varchar not null,
    event    varchar not null,                 -- born, split (came out of another), merged (went into another)
    other_theme_id varchar,
    stories  integer not null                  -- that founded it, came along, or went over
);

create table if not exists theme_members (
    run_id     varchar not null,
    article_id varchar not null,
    theme_id   varchar not null,
    strength   double not null                 -- cosine to the theme's centroid
);

create table if not exists mentions (
    run_id      varchar not null,
    passage_id  varchar not null,
    article_id  varchar not null,
    theme_id    varchar not null,
    strength    double not null,               -- probability that the passage bears on the claim
    stance      varchar not null,              -- supports, opposes, neutral
    p_supports  double not null,
    p_opposes   double not null,
    p_neutral   double not null,
    p_unrelated double not null,
    voice       varchar not null,              -- outlet, quoted
    speaker     varchar
);
alter table mentions add column if not exists is_unsure boolean default false;  -- the judge abstains: a mention, but on no side

create table if not exists article_themes (
    run_id     varchar not null,
    article_id varchar not null,
    theme_id   varchar not null,
    strength   double not null,
    passages   integer not null,
    stance     varchar,                        -- null: the judge abstains on every mention, and so are the next two
    net_stance double,
    confidence double
);
alter table article_themes add column if not exists unsure integer default 0;   -- of the passages, those on which the judge abstains
alter table article_themes alter column stance drop not null;                   -- archives made before there was abstention
alter table article_themes alter column net_stance drop not null;
alter table article_themes alter column confidence drop not null;

-- Articles whose passages, vectors and themes are done. An article not listed here is analysed by the next run.
create table if not exists analysed (
    run_id     varchar not null,
    article_id varchar not null
);

-- What discovery knew when it last fitted: decides whether the next run refits.
create table if not exists discovery_fits (
    run_id   varchar not null,
    fitted_at timestamp not null,
    articles integer not null,
    topics   integer not null,
    outliers integer not null
);

create table if not exists coverage_days (
    outlet       varchar not null,
    day          date not null,
    polls        integer not null,
    failures     integer not null,
    new_articles integer not null,
    expected     double,
    state        varchar not null
);

create table if not exists feed_states (
    outlet       varchar not null,
    feed         varchar not null,
    last_ok_at   timestamp,
    last_outcome varchar,
    last_reason  varchar,
    failures_in_a_row integer not null,
    articles_30d integer not null,
    silent_since timestamp,
    next_due_at  timestamp
);
alter table feed_states add column if not exists address varchar;       -- where it is polled now
alter table feed_states add column if not exists duplicate_of varchar;  -- the feed polled in its place

-- Between two good polls of a feed entries may have come and gone: the later poll does not reach back to the earlier one, or has
-- lost too many of the entries that were new then (measures/coverage.py has the same rule, and its reason).
create or replace view possible_gaps as
with good as (
    select outlet, feed, run_id, fetched_at, oldest_entry_at, still_shown,
           lag(fetched_at) over (partition by feed order by run_id) as last_at
    from feed_fetches where outcome in ('ok', 'unchanged')
)
select outlet, feed, run_id, last_at as from_at, case when oldest_entry_at > last_at then oldest_entry_at else fetched_at end as to_at,
       fetched_at as seen_at
from good where last_at is not null and coalesce(still_shown, 0) < 0.75 and (oldest_entry_at > last_at or still_shown is not null);

create table if not exists stance_days (
    theme_id varchar not null,
    day      date not null,
    supports integer not null,
    opposes  integer not null,
    neutral  integer not null,
    net      double,
    low      double,
    high     double,
    net_28d  double,
    low_28d  double,
    high_28d double,
    stories_28d integer not null,
    outlets_28d integer not null
);
alter table stance_days add column if not exists unsure integer default 0;      -- stories on which the judge abstains

create table if not exists outlet_months (
    theme_id varchar not null,
    outlet   varchar not null,
    month    date not null,
    stories  integer not null,
    supports integer not null,
    opposes  integer not null,
    neutral  integer not null,
    net      double,                           -- null: the judge abstains on every story
    low      double,
    high     double
);
alter table outlet_months add column if not exists unsure integer default 0;
alter table outlet_months alter column net drop not null;

create table if not exists voice_months (
    theme_id varchar not null,
    month    date not null,
    voice    varchar not null,
    mentions integer not null,
    supports integer not null,
    opposes  integer not null,
    neutral  integer not null,
    unsure   integer not null,
    net      double,
    low      double,
    high     double
);

-- What the judge of the last analysis scored on passages it never saw; all three are empty where its scores are not known.
create table if not exists judge_scores (
    judge   varchar not null,
    set     varchar not null,
    theme   varchar not null,
    measure varchar not null,
    value   double not null,
    low     double,
    high    double,
    rows    integer not null
);

create table if not exists judge_confusion (
    judge    varchar not null,
    gold     varchar not null,
    found    varchar not null,
    passages integer not null
);

create table if not exists label_error_draws (
    draw        integer not null,
    gold        varchar not null,
    found       varchar not null,
    probability double not null
);

create table if not exists turning_days (
    theme_id varchar not null,
    day      date not null,
    first_day date not null,
    last_day  date not null,
    measure  varchar not null,
    before   double not null,
    after    double not null,
    p_value  double not null,
    articles varchar[] not null
);
alter table turning_days add column if not exists panel_before double;                     -- levels of the outlets collected on both sides alone;
alter table turning_days add column if not exists panel_after double;                      -- null where these have nothing to count
alter table turning_days add column if not exists may_be_artefact boolean default false;   -- among them less than half of the change around it is left

create table if not exists withdrawn_points (   -- turning points that were told once and are no longer
    theme_id varchar not null,
    measure  varchar not null,
    day      date not null,
    before   double not null,
    after    double not null,
    withdrawn_on date not null                  -- day of the run that found it no more
);

-- Counting, said once. A story counts on the day of its first dated member; an article on its own day.
create or replace view dated_stories as
select
    m.story_id,
    min(a.published_at)                                     as first_published_at,
    arg_min(a.title, a.published_at)                        as title,
    arg_min(a.outlet, (a.published_at, a.article_id))       as first_outlet,
    count(*)                                                as articles,
    count(distinct a.outlet)                                as outlets
from story_members m join articles a using (article_id)
where a.published_at is not null
group by m.story_id;

-- One story, one stance: that of the member the judge is surest of; null if it abstains on all (arg_max passes over null).
create or replace view story_themes as
select
    s.story_id, t.theme_id,
    s.first_published_at::date                              as day,
    s.first_outlet                                          as outlet,
    arg_max(t.stance, (t.confidence, t.article_id))         as stance
from article_themes t
join story_members m using (article_id)
join dated_stories s using (story_id)
group by all;

-- What is said of a theme, and by whom: a passage that a story's copies repeat is said once, by the outlet that printed it first.
create or replace view story_mentions as
select
    m.theme_id, s.story_id, a.outlet,
    a.published_at::date                                    as day,
    m.voice, m.speaker,
    case when not m.is_unsure then m.stance end             as stance
from mentions m
join passages p using (passage_id)
join articles a on a.article_id = m.article_id
join story_members s on s.article_id = m.article_id
where a.published_at is not null
qualify row_number() over (partition by m.theme_id, s.story_id, p.text order by a.published_at, a.article_id, p.position) = 1;

-- The stories of discovered themes, each on its day: of publication, or else the day we first saw it.
create or replace view placed_stories as
select m.theme_id, m.article_id as story_id, coalesce(a.published_at, a.first_seen_at)::date as day, m.strength
from theme_members m
join story_members s on s.article_id = m.article_id and s.story_id = m.article_id
join articles a on a.article_id = m.article_id;

create or replace view days as
select unnest(generate_series(min(day), max(day), interval 1 day))::date as day
from coverage_days;

-- Four of five outlets complete: the mix of outlets, and with it a share, is then nearly the usual one. All outlets that were followed by
-- then are due, those of the first run on every day before it too: of a day that their feeds no longer showed nothing is known.
create or replace view day_coverage as
with due as (
    select d.day, o.outlet
    from days d, outlets o, (select min(started_at)::date as day from runs) begun
    where o.first_seen_at::date <= greatest(d.day, begun.day)
    union
    select day, outlet from coverage_days
)
select
    d.day,
    case
        when count(c.outlet) filter (c.state <> 'missing') = 0                                   then 'missing'
        when count(c.outlet) filter (c.state = 'complete') >= 0.8 * count(u.outlet)              then 'complete'
        else 'partial'
    end as coverage,
    count(u.outlet) > 0 and count(u.outlet) = count(c.outlet) filter (c.state = 'complete') as is_whole  -- all of them: only then is a 0 known to be one
from days d left join due u using (day) left join coverage_days c on c.day = u.day and c.outlet = u.outlet
group by d.day;

create or replace view volume_days as
with stories_of_day as (
    select first_published_at::date as day, count(*) as stories from dated_stories group by 1
),
theme_stories as (
    select theme_id, day, count(*) as stories from story_themes group by all
),
theme_articles as (
    select t.theme_id, a.published_at::date as day, count(*) as articles, count(distinct a.outlet) as outlets
    from article_themes t join articles a using (article_id)
    where a.published_at is not null
    group by all
)
select
    t.theme_id,
    d.day,
    case when c.coverage = 'missing' then null else coalesce(s.stories, 0) end  as stories,
    case when c.coverage = 'missing' then null else coalesce(n.articles, 0) end as articles,
    case when c.coverage = 'missing' then null else coalesce(n.outlets, 0) end  as outlets,
    case when c.coverage = 'missing' then null
         else coalesce(s.stories, 0) / nullif(a.stories, 0)::double end         as share,
    case when c.coverage = 'complete' and not c.is_whole and (s.stories is null or n.articles is null) then 'partial'
         else c.coverage end                                                    as coverage
from themes t
cross join days d
join day_coverage c using (day)
left join stories_of_day a using (day)
left join theme_stories s on s.theme_id = t.theme_id and s.day = d.day
left join theme_articles n on n.theme_id = t.theme_id and n.day = d.day
where t.status <> 'merged';

-- A theme's life: what discovery did, what people did, and when it fell silent and spoke again. Silence is counted in days that were
-- crawled: 45 of them without a story are an end, or six times the theme's usual pause if that is more, as what is written of once a month
-- does not end twice a year (with stories at random, one pause in 64 is as long). The newest day is not over and counts as none of them.
create or replace view theme_events as
with crawled as (
    select day, row_number() over (order by day) as nth from day_coverage where coverage <> 'missing'
),
said as (
    select s.theme_id, s.day, c.nth,
           lead(s.day) over of_theme as next_day, lead(c.nth) over of_theme as next_nth
    from (select distinct theme_id, day from story_themes) s join crawled c using (day)
    window of_theme as (partition by s.theme_id order by s.day)
),
silences as (
    select theme_id, day, next_day from said join themes using (theme_id)
    join (select theme_id, coalesce(median(next_nth - nth), 0) as pause from said group by 1) using (theme_id)
    where status <> 'merged' and coalesce(next_nth, (select max(nth) from crawled)) - nth > greatest(45, 6 * pause)
),
firsts as (select theme_id, min(day) as day from story_themes group by 1),
runs_once as (select run_id, min(started_at) as started_at from runs group by 1),
out_of_others as (
    select theme_id from theme_changes where event = 'split' union select argument from theme_edits where verb = 'split'
)
-- Promoted themes were discovered. A theme merged away has no stories left: its day is that of the run
select t.theme_id, r.started_at as recorded_at, coalesce(f.day, case when t.status = 'merged' then r.started_at::date end) as day,
       case when t.kind = 'curated' and c.event is null and p.theme_id is null then 'added' else 'born' end as event,
       null as other_theme_id, c.stories, 'tracker' as made_by, null as detail
from themes t join runs_once r using (run_id) left join firsts f using (theme_id)
left join theme_changes c on c.theme_id = t.theme_id and c.event = 'born'
left join (select distinct theme_id from theme_edits where verb = 'promote') p on p.theme_id = t.theme_id
anti join out_of_others o on o.theme_id = t.theme_id
union all
select c.theme_id, r.started_at, coalesce(f.day, r.started_at::date), c.event, c.other_theme_id, c.stories, 'tracker', null
from theme_changes c join runs_once r using (run_id) left join firsts f on f.theme_id = c.theme_id and c.event = 'split'
where c.event <> 'born'
union all
select e.theme_id, e.made_at, coalesce(f.day, e.made_at::date),
       case verb when 'rename' then 'renamed' when 'merge' then 'merged' when 'unmerge' then 'unmerged' when 'split' then 'split'
                 when 'hide' then 'hidden' when 'show' then 'shown' when 'promote' then 'promoted' when 'word' then 'worded' else verb end,
       e.other_theme_id, null, e.made_by, case when verb in ('rename', 'word') then argument end
from (
    select made_at, made_by, verb, argument, case when verb = 'split' then argument else theme_id end as theme_id,
           case when verb = 'split' then theme_id when verb in ('merge', 'unmerge') then argument end as other_theme_id
    from theme_edits
) e left join firsts f on f.theme_id = e.theme_id and e.verb = 'split'
union all
select theme_id, day::timestamp, day, 'ended', null, null, 'tracker', null from silences
union all
select theme_id, next_day::timestamp, next_day, 'returned', null, null, 'tracker', null from silences where next_day is not null;

-- A theme's most typical stories: nearest to the centroid (discovered) or surest to bear on the claim (curated).
create or replace view typical_stories as
select x.theme_id, row_number() over (partition by x.theme_id order by x.strength desc, a.article_id)::integer as position,
       a.article_id, a.title, a.outlet, a.published_at, x.strength
from article_themes x join articles a using (article_id) join story_members m using (article_id)
where m.story_id = a.article_id
qualify position <= 3;

-- What is new, grows, fades or fell silent in the seven days up to the newest with a story (measures/moves.py).
create table if not exists theme_moves (
    theme_id  varchar not null,
    move      varchar not null,                -- new, growing, fading, silent, steady, too little data
    first_day date not null,                   -- of the recent window
    last_day  date not null,
    stories   integer not null,
    expected  double,                          -- stories the weeks before let one expect
    of_stories integer not null,               -- all stories of the recent window
    weeks_before integer not null,
    stories_before integer not null,
    ratio     double,
    low       double,
    high      double,
    p_value   double,
    q_value   double
);
