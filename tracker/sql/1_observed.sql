-- What we saw: the archive's ledger of runs, polls, entries, pages and articles. Replayed whenever the archive is opened to write.
-- Times are UTC. No primary keys on growing tables (an index doubles their size and the time to load): the store removes duplicates
-- before it inserts.

create table if not exists archive_format (    -- the formats this archive has had (store.database.FORMAT); older code refuses a newer one
    version         integer not null
);

create table if not exists runs (
    run_id          varchar not null,
    command         varchar not null,
    started_at      timestamp not null,
    finished_at     timestamp,                 -- null: the run did not finish; what it committed stays, the next run goes on from there
    articles_new    integer,
    encoder         varchar,
    judge           varchar,
    code_version    varchar not null,
    settings_digest varchar not null
);

create table if not exists outlets (
    outlet        varchar not null,
    name          varchar not null,
    kind          varchar not null,
    tier          integer not null,
    country       varchar,
    first_seen_at timestamp not null
);

create table if not exists feeds (
    outlet        varchar not null,
    feed          varchar not null,
    is_enabled    boolean not null,            -- false once it no longer stands in feeds.yaml; its history stays
    first_seen_at timestamp not null
);

create table if not exists feed_fetches (
    run_id          varchar not null,
    outlet          varchar not null,
    feed            varchar not null,
    fetched_at      timestamp not null,
    outcome         varchar not null,          -- ok, unchanged, soft_error, hard_error, refused
    reason          varchar not null,          -- '' or a short code: timeout, http_404, private_address, not_a_feed ...
    status          integer,
    etag            varchar,
    last_modified   varchar,
    body_sha256     varchar,
    full_at         timestamp,                 -- when the server last sent the whole body: a lying 304 is found out after a week
    bytes           integer not null,
    seconds         double not null,
    entries         integer not null,
    entries_dropped integer not null,          -- beyond the cap of entries read from one feed
    oldest_entry_at timestamp,
    newest_entry_at timestamp,
    retry_at        timestamp                  -- the host asked to be left alone until then (Retry-After)
);

create table if not exists entries (
    run_id        varchar not null,
    outlet        varchar not null,
    feed          varchar not null,
    url           varchar not null,            -- canonical; an entry is known by it
    raw_url       varchar not null,
    guid          varchar,
    title         varchar not null,
    author        varchar,
    summary       varchar not null,
    content       varchar not null,
    published_at  timestamp,
    date_note     varchar not null,            -- '' or why the feed's date is not used: missing, future, too_old, unreadable; or what it lacks: date_only, zoneless
    first_seen_at timestamp not null
);

create table if not exists page_fetches (
    run_id     varchar not null,
    outlet     varchar not null,
    url        varchar not null,
    fetched_at timestamp not null,
    outcome    varchar not null,
    reason     varchar not null,
    status     integer,
    bytes      integer not null,
    seconds    double not null
);

create table if not exists articles (
    run_id         varchar not null,
    article_id     varchar not null,
    outlet         varchar not null,
    url            varchar not null,
    raw_url        varchar not null,
    title          varchar not null,
    author         varchar,
    language       varchar not null,
    published_at   timestamp,                  -- null: no trustworthy date; such an article is kept apart, never put on the crawl day
    published_from varchar not null,           -- feed, page, url, unknown
    date_note      varchar not null,
    first_seen_at  timestamp not null,
    text           varchar not null,
    text_source    varchar not null,           -- page, feed
    words          integer not null
);

create table if not exists rejections (
    run_id  varchar not null,
    url     varchar not null,
    outlet  varchar not null,
    stage   varchar not null,                  -- feed, fetch, extract
    reason  varchar not null,
    seen_at timestamp not null
);

create table if not exists entry_revisions (
    run_id         varchar not null,
    url            varchar not null,           -- of the entry
    feed           varchar not null,           -- that carried this version
    content_sha256 varchar not null,           -- of title, summary and content; a version an entry had before is not written again
    raw_url        varchar not null,
    guid           varchar,
    title          varchar not null,
    summary        varchar not null,
    content        varchar not null,
    published_at   timestamp,
    seen_at        timestamp not null
);

-- What each feed listed when it was last read: shows at the next reading whether anything can have come and gone between the two.
create table if not exists feed_listings (
    feed         varchar not null,
    place        integer not null,             -- order in the feed
    url          varchar not null,
    published_at timestamp
);

create table if not exists robots_files (
    origin            varchar not null,        -- scheme://host:port
    fetched_at        timestamp,               -- when the server last answered; null: never yet
    rules             varchar not null,        -- the text; empty: everything is allowed
    unreachable_since timestamp                -- null: it answered when last asked
);

-- Hosts that asked to be left alone, with Retry-After or 429.
create table if not exists host_holds (
    host  varchar not null,                    -- as politeness knows it: a registrable domain, or host:port
    until timestamp not null
);

create table if not exists backfilled (
    run_id  varchar not null,
    outlet  varchar not null,
    source  varchar not null,                  -- address of a sitemap or of a page of a feed, or a WARC file: read to its end
    since   date not null,                     -- for entries from this day on
    entries integer not null,
    done_at timestamp not null
);

-- Migration history: one line per column added after a release, oldest first.
alter table feed_fetches add column if not exists moved_to varchar;           -- permanent redirects alone, or the feed its page names, led here
alter table feed_fetches add column if not exists is_tls_verified boolean;    -- false: feeds.yaml says verify_tls: false
alter table feed_fetches add column if not exists still_shown double;         -- of the newer half of what the feed listed before, the share it lists now
alter table entries add column if not exists content_sha256 varchar;          -- as in entry_revisions
alter table articles add column if not exists canonical_url varchar;          -- what the page calls its own address, within its site
alter table page_fetches add column if not exists text_sha varchar;           -- of the text the page gave: the same on many pages of a host is a wall
alter table feeds add column if not exists address varchar;                   -- where it is polled now, if it moved; null: at the address in feeds.yaml
update feed_fetches set still_shown = 1 where outcome = 'unchanged' and still_shown is null;

-- What two addresses of one page share: scheme, www. and the last slash of the path change when a site is moved about.
create or replace macro address_key(url) as
    regexp_replace(regexp_replace(url, '^https?://(www\.)?', ''), '/(\?|$)', '\1');
