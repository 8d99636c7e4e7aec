-- The posts of an incident, looked for before each of its posts is sent.
CREATE INDEX deliveries_incident ON deliveries (incident, n) WHERE incident IS NOT NULL;

-- The alerts of a situation as they are shown: what fires first, then the newest.
DROP INDEX alerts_situation;
CREATE INDEX alerts_situation ON alerts (situation, is_firing, id);
