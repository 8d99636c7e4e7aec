-- Who is on call for a while whatever the rosters of the settings say, and who said so. Never changed, but for being withdrawn.
CREATE TABLE roster_overrides (
    n            BIGINT NOT NULL PRIMARY KEY,
    id           TEXT   NOT NULL UNIQUE,
    until_at     BIGINT NOT NULL,
    body         TEXT   NOT NULL,
    withdrawn_at BIGINT,
    withdrawn_by TEXT
);
CREATE INDEX roster_overrides_until ON roster_overrides (until_at);

-- The last that another system said about who is on call, by the name of the roster.
CREATE TABLE roster_fetched (
    roster TEXT NOT NULL PRIMARY KEY,
    body   TEXT NOT NULL
);
