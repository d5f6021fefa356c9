-- What was refused is asked for by client and by time; only such lines are indexed, so that the
-- lines of every token that is issued cost what they did before.
CREATE INDEX events_refused_by_client ON events (client_id, id) WHERE outcome > 0;
CREATE INDEX events_refused ON events (id) WHERE outcome > 0;

-- "This secret is that of another client": found by its keyed digest, on the way to a refusal.
CREATE INDEX client_secrets_by_digest ON client_secrets (digest);
