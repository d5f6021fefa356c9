DROP TABLE expiry_notices;
ALTER TABLE outbox DROP COLUMN failed_at;
