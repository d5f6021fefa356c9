-- When the last try to deliver a message failed; one that is done as well was given up.
ALTER TABLE outbox ADD COLUMN failed_at BIGINT;

-- That it was told that a client secret ends: once for each end and each number of days before it.
CREATE TABLE expiry_notices (
    secret_id BIGINT NOT NULL REFERENCES client_secrets (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    days BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (secret_id, expires_at, days)
);
