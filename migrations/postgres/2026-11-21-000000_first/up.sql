-- What the whole installation shares. `change_counter` grows with each change of a client or an
-- organization, so that every node sees within a second that its copies are old.
CREATE TABLE meta (
    id BIGINT PRIMARY KEY,
    change_counter BIGINT NOT NULL
);
INSERT INTO meta (id, change_counter) VALUES (1, 0);

CREATE TABLE organizations (
    id BIGINT PRIMARY KEY,
    parent_id BIGINT REFERENCES organizations (id),
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status SMALLINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
INSERT INTO organizations (id, parent_id, slug, name, status, created_at, updated_at)
VALUES (1, NULL, 'root', 'Root', 0, 0, 0);

-- `group_names` repeats what group_members says, so that the facts of a user are one row.
CREATE TABLE users (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    subject TEXT NOT NULL UNIQUE,
    status SMALLINT NOT NULL,
    claims TEXT NOT NULL,
    group_names TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX users_by_org ON users (org_id, id);

-- A normal form names one account whatever its kind: nobody can register somebody else's e-mail
-- address as a user name.
CREATE TABLE user_identifiers (
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    value TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, value)
);
CREATE INDEX user_identifiers_by_user ON user_identifiers (user_id);

CREATE TABLE credentials (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX credentials_one_password ON credentials (user_id) WHERE kind = 'password';
CREATE INDEX credentials_by_user ON credentials (user_id);

CREATE TABLE groups (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (org_id, name)
);

CREATE TABLE group_members (
    group_id BIGINT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id);

CREATE TABLE clients (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    client_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status SMALLINT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX clients_by_org ON clients (org_id, id);

CREATE TABLE client_secrets (
    id BIGINT PRIMARY KEY,
    client_key BIGINT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    prefix TEXT NOT NULL,
    digest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX client_secrets_by_client ON client_secrets (client_key);

CREATE TABLE consents (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_key BIGINT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    scope TEXT NOT NULL,
    claims TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_key)
);

-- The rows below come and go with the traffic. They carry no foreign keys: the guard of each
-- change reads what it relies on in the same transaction, and expired rows leave in small chunks.
CREATE TABLE sessions (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    sid TEXT NOT NULL,
    authentication TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
) WITH (fillfactor = 90);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE pending_authorizations (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL,
    client_key BIGINT NOT NULL,
    browser BYTEA NOT NULL,
    request TEXT NOT NULL,
    progress TEXT NOT NULL,
    case_code BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    completed_at BIGINT
) WITH (fillfactor = 90);

CREATE TABLE authorizations (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL,
    client_key BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    terms TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    redirect_uri_was_sent BOOLEAN NOT NULL,
    code_challenge TEXT,
    case_code BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT
) WITH (fillfactor = 90);

-- `ends_at`: no earlier than this the whole family is over. Uses of a refresh token do not move it;
-- the purge looks at the tokens before it believes it.
CREATE TABLE grants (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL,
    client_key BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    terms TEXT NOT NULL,
    offline BOOLEAN NOT NULL,
    case_code BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    revoked_at BIGINT
) WITH (fillfactor = 90);
CREATE INDEX grants_by_session ON grants (session_id);

CREATE TABLE refresh_tokens (
    id BIGINT PRIMARY KEY,
    grant_id BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    retired_at BIGINT,
    successor_id BIGINT
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id, generation);

CREATE TABLE access_tokens (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL,
    client_key BIGINT NOT NULL,
    grant_id BIGINT,
    digest BYTEA NOT NULL,
    scope TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
) WITH (fillfactor = 90);

CREATE TABLE single_use (
    purpose TEXT NOT NULL,
    digest BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (purpose, digest)
);
CREATE INDEX single_use_by_expiry ON single_use (expires_at);

CREATE TABLE throttles (
    name TEXT PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    window_began_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX throttles_by_update ON throttles (updated_at);

CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY NOT NULL,
    alg TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    signing_at BIGINT,
    retired_at BIGINT,
    removed_at BIGINT
);

CREATE TABLE sealed_values (
    name TEXT PRIMARY KEY NOT NULL,
    sealed TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE links (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    purpose TEXT NOT NULL,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    digest BYTEA NOT NULL,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

-- Case codes are random, and an index on them for every line would cost more than the line. What
-- is asked for by its code went wrong, so only such lines are indexed; the rest of an attempt lies
-- near them in time, which is the order of the ids.
CREATE TABLE events (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    outcome SMALLINT NOT NULL,
    case_code BIGINT,
    client_id TEXT,
    subject TEXT,
    reason TEXT,
    facts TEXT NOT NULL
);
CREATE INDEX events_by_case_code ON events (case_code) WHERE outcome > 0;

CREATE TABLE outbox (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    done_at BIGINT,
    last_error TEXT
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;
