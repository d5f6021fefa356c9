-- Answers of the administration API that a repeated request gets again, by caller and key. The
-- answer is sealed: it may hold a secret that is shown once. Without an answer the first request
-- still runs, or was cut off.
CREATE TABLE idempotency_keys (
    caller TEXT NOT NULL,
    key_digest BYTEA NOT NULL,
    request_digest BYTEA NOT NULL,
    answer TEXT,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (caller, key_digest)
);
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);
