-- What changed: deploys, releases, runs of configuration management, feature flags. Known again by source and id.
CREATE TABLE changes (
    source TEXT   NOT NULL,
    id     TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    change TEXT   NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX changes_time ON changes (at);

-- What responders say of alerts: actionable, noise, late. The last on a subject (S-1, or a rule's name) holds.
CREATE TABLE judgements (
    id        TEXT   NOT NULL PRIMARY KEY,
    subject   TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    judgement TEXT   NOT NULL
);
CREATE INDEX judgements_subject ON judgements (subject, at);
CREATE INDEX judgements_time ON judgements (at);
