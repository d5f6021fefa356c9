-- Until when deliveries are also signed with the secret before the present one.
ALTER TABLE webhooks ADD COLUMN previous_ends_at BIGINT;

-- What lists of clients are filtered by, as the settings had it at `filtered_at`. Where that is not
-- `updated_at` a version that knows none of this has written the row, and the background looks at it
-- again.
ALTER TABLE clients ADD COLUMN environment SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN relaxed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE clients ADD COLUMN filtered_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX clients_unfiltered ON clients (id) WHERE filtered_at <> updated_at;
CREATE INDEX clients_by_environment ON clients (org_id, environment, id);
CREATE INDEX clients_relaxed ON clients (org_id, id) WHERE relaxed;

-- Secrets that end soon.
CREATE INDEX client_secrets_by_end ON client_secrets (expires_at)
    WHERE revoked_at IS NULL AND expires_at IS NOT NULL;
