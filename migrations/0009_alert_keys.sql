-- When an alert began stands before the hash of what it is: so the keys of a storm are near to each other.
UPDATE alerts SET alert_key = unhex(printf('%08X', CASE
    WHEN unixepoch(json_extract(alert, '$.starts_at')) BETWEEN 0 AND 4294967295
    THEN unixepoch(json_extract(alert, '$.starts_at')) ELSE 0 END) || hex(alert_key));
