-- What was decided of a situation and by which rule (JSON), so that it can be told later; and when to look at it again although
-- nothing moves.
ALTER TABLE situations ADD COLUMN verdict TEXT;
ALTER TABLE situations ADD COLUMN look_at BIGINT;
CREATE INDEX situations_look ON situations (look_at) WHERE look_at IS NOT NULL;
