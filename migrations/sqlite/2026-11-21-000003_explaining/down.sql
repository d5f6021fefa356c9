DROP INDEX client_secrets_by_digest;
DROP INDEX events_refused;
DROP INDEX events_refused_by_client;
