-- Signs of life: when each was heard, when the next is due at the latest, and since when one is missed.
CREATE TABLE heartbeats (
    name         TEXT   NOT NULL PRIMARY KEY,
    heard_at     BIGINT,
    due_at       BIGINT NOT NULL,
    missed_since BIGINT,
    excused      BIGINT NOT NULL
);

-- Of the situations that moved, those of every source are looked at, however many another has.
ALTER TABLE situations ADD COLUMN source TEXT NOT NULL DEFAULT '';
DROP INDEX situations_untold;
CREATE INDEX situations_untold ON situations (source, id) WHERE revision > told;
