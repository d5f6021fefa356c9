DROP INDEX client_secrets_by_end;
DROP INDEX clients_relaxed;
DROP INDEX clients_by_environment;
DROP INDEX clients_unfiltered;
ALTER TABLE clients DROP COLUMN filtered_at;
ALTER TABLE clients DROP COLUMN relaxed;
ALTER TABLE clients DROP COLUMN environment;
ALTER TABLE webhooks DROP COLUMN previous_ends_at;
