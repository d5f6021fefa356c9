-- Where events are told. The log was read up to `seen`, and up to `closed` nothing can appear any
-- more; `fed_at` keeps two nodes from
-- looking at the same time. The secret is a sealed value.
CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY NOT NULL,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    label TEXT NOT NULL,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,
    status SMALLINT NOT NULL,
    closed BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    fed_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- One event for one webhook: the key keeps it from being told twice by two nodes.
CREATE TABLE webhook_deliveries (
    webhook_id BIGINT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event_id BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    done_at BIGINT,
    failed_at BIGINT,
    last_answer TEXT,
    PRIMARY KEY (webhook_id, event_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at)
    WHERE done_at IS NULL AND failed_at IS NULL;
