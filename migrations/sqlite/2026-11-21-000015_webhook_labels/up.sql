-- A webhook is known by its label within its organization: by people in lists, and by files that
-- state it. Of several of one label the oldest keeps it.
UPDATE webhooks SET label = substr(label, 1, 78) || ' ' || id WHERE EXISTS (
    SELECT 1 FROM webhooks AS earlier
    WHERE earlier.org_id = webhooks.org_id AND earlier.label = webhooks.label
        AND earlier.id < webhooks.id
);
CREATE UNIQUE INDEX webhooks_by_label ON webhooks (org_id, label);
