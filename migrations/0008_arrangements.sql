-- What people arranged about alerts: maintenance windows, silences, acknowledgements. They stay after their end.
CREATE TABLE arrangements (
    id        INTEGER NOT NULL PRIMARY KEY,
    kind      TEXT    NOT NULL,
    situation BIGINT,
    until     BIGINT  NOT NULL,
    is_ended  BIGINT  NOT NULL,
    body      TEXT    NOT NULL
);
CREATE INDEX arrangements_live ON arrangements (until) WHERE is_ended = 0;
CREATE INDEX arrangements_situation ON arrangements (situation, id) WHERE situation IS NOT NULL;

-- A situation that nobody is told of, or is told of with a window's name, is looked at again then.
ALTER TABLE situations ADD COLUMN held_until BIGINT;
CREATE INDEX situations_held ON situations (held_until) WHERE held_until IS NOT NULL;

-- Somebody is on it at the sender.
ALTER TABLE alerts ADD COLUMN is_acknowledged BIGINT NOT NULL DEFAULT 0;
