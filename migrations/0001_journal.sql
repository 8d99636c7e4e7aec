-- The journal: append-only entries with a hash chain per incident. The truth; all else about incidents is rebuilt from it.
CREATE TABLE entries (
    incident   TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    id         TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    salt       TEXT   NOT NULL,
    body_hash  TEXT   NOT NULL,
    prev_hash  TEXT   NOT NULL,
    hash       TEXT   NOT NULL,
    PRIMARY KEY (incident, seq)
);

-- The few entries that change how others are read.
CREATE INDEX entries_changing ON entries (incident, seq) WHERE name IN ('entry.corrected', 'entry.redacted');

-- Folded states, so that opening a long incident does not read it from the start. May be deleted at any time.
CREATE TABLE snapshots (
    incident TEXT   NOT NULL PRIMARY KEY,
    seq      BIGINT NOT NULL,
    version  BIGINT NOT NULL,
    state    TEXT   NOT NULL
);

-- Projection: one row an incident, for lists.
CREATE TABLE incidents (
    incident       TEXT   NOT NULL PRIMARY KEY,
    kind           TEXT   NOT NULL,
    number         BIGINT NOT NULL,
    title          TEXT   NOT NULL,
    severity       TEXT   NOT NULL,
    phase          TEXT   NOT NULL,
    is_over        BIGINT NOT NULL,
    commander_id   TEXT   NOT NULL,
    commander_name TEXT   NOT NULL,
    declared_at    BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    seq            BIGINT NOT NULL
);
CREATE UNIQUE INDEX incidents_number ON incidents (kind, number);
CREATE INDEX incidents_open ON incidents (declared_at) WHERE is_over = 0;

-- Projection: what the public was told, for the built-in status page. Real incidents only.
CREATE TABLE public_posts (
    incident     TEXT   NOT NULL,
    n            BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    post         TEXT   NOT NULL,
    PRIMARY KEY (incident, n)
);
CREATE INDEX public_posts_time ON public_posts (published_at);

-- Commands that were answered once, so that a repeat (a retried request, a re-sent interaction) gets the same answer.
CREATE TABLE answered (
    key        TEXT   NOT NULL PRIMARY KEY,
    asked      TEXT   NOT NULL,
    answer     TEXT   NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX answered_time ON answered (at);

-- Alerts: a store of their own, made for hundreds of thousands.
CREATE TABLE situations (
    id          INTEGER NOT NULL PRIMARY KEY,
    group_hash  BLOB   NOT NULL,
    state       TEXT   NOT NULL,
    firing      BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    is_open     BIGINT NOT NULL,
    incident    TEXT,
    revision    BIGINT NOT NULL,
    told        BIGINT NOT NULL,
    decided     TEXT
);
CREATE UNIQUE INDEX situations_group ON situations (group_hash) WHERE is_open = 1;
CREATE INDEX situations_untold ON situations (id) WHERE revision > told;
CREATE INDEX situations_incident ON situations (incident) WHERE incident IS NOT NULL;

CREATE TABLE alerts (
    id         INTEGER NOT NULL PRIMARY KEY,
    alert_key  BLOB   NOT NULL,
    situation  BIGINT NOT NULL,
    is_firing  BIGINT NOT NULL,
    severity   TEXT   NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    times      BIGINT NOT NULL,
    receipt    TEXT   NOT NULL,
    alert      TEXT   NOT NULL
);
CREATE UNIQUE INDEX alerts_key ON alerts (alert_key);
CREATE INDEX alerts_situation ON alerts (situation, id);

-- The outbox: a row per (thing to say, destination), written with the entries that caused it.
CREATE TABLE deliveries (
    n           INTEGER NOT NULL PRIMARY KEY,
    key         TEXT   NOT NULL,
    destination TEXT   NOT NULL,
    lane        TEXT   NOT NULL,
    incident    TEXT,
    what        TEXT   NOT NULL,
    same        TEXT,
    state       TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    external_id TEXT,
    url         TEXT,
    error       TEXT,
    created_at  BIGINT NOT NULL,
    settled_at  BIGINT
);
CREATE INDEX deliveries_open ON deliveries (destination, n) WHERE state IN ('pending', 'sending', 'unknown');
CREATE UNIQUE INDEX deliveries_same ON deliveries (destination, same) WHERE state = 'pending' AND same IS NOT NULL;
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL;

-- Where an incident lives in a chat or with a publisher: thread, card message, remote incident.
CREATE TABLE bindings (
    destination TEXT NOT NULL,
    subject     TEXT NOT NULL,
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (destination, subject, name)
);

-- Timers live here, not in memory.
CREATE TABLE timers (
    id       TEXT   NOT NULL PRIMARY KEY,
    incident TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    due_at   BIGINT NOT NULL
);
CREATE INDEX timers_due ON timers (due_at);

-- What the house remembers of itself.
CREATE TABLE house (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
