-- Who made a client secret; unknown for those made before this was kept.
ALTER TABLE client_secrets ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
