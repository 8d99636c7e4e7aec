-- The ids of those who may see a restricted incident, a JSON list; NULL is everybody.
ALTER TABLE incidents ADD COLUMN seen_by TEXT;
