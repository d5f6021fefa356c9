-- An administrator's trial of a client: one true sign-in whose answer comes to the console. What
-- the stand-in for the vendor must remember is sealed, and so is what came of it.
CREATE TABLE trials (
    id INTEGER PRIMARY KEY NOT NULL,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    client_key BIGINT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    session_id BIGINT NOT NULL,
    digest BLOB NOT NULL,
    sealed TEXT,
    report TEXT,
    case_code BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    admitted_at BIGINT,
    answered_at BIGINT
);
CREATE INDEX trials_of_client ON trials (client_key, id);
