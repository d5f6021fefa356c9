ALTER TABLE client_secrets DROP COLUMN created_by;
