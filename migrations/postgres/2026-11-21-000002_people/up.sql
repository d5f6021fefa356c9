-- `external_id`: what another system calls the user. `terms_version`: by which version of the rules
-- the user's search terms were written; rows of versions that knew none stay at 0 until the
-- background has filled them in.
ALTER TABLE users ADD COLUMN external_id TEXT;
ALTER TABLE users ADD COLUMN test BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN account_type TEXT;
ALTER TABLE users ADD COLUMN terms_version SMALLINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX users_by_external_id ON users (org_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX users_by_status ON users (org_id, status, id);
CREATE INDEX users_by_test ON users (org_id, test, id);
CREATE INDEX users_without_terms ON users (id) WHERE terms_version < 1;

-- The words by which users are found: a search is a range of this key for each word.
CREATE TABLE user_terms (
    org_id BIGINT NOT NULL,
    term TEXT COLLATE "C" NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (org_id, term, user_id)
);
CREATE INDEX user_terms_by_user ON user_terms (user_id, term);

-- Which organization switched this one off: itself, or one above it. What it switched off comes
-- back with it.
ALTER TABLE organizations ADD COLUMN disabled_by BIGINT;
UPDATE organizations SET disabled_by = id WHERE status <> 0;

-- How far a long piece of work has come that is done in several transactions.
CREATE TABLE checkpoints (
    org_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    state TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, name)
);

-- What was done to a user and where the user signed in, for the user's own page. Lines of tokens are
-- left out: they are nearly all, and the hot path shall not pay for it.
CREATE INDEX events_about_users ON events (subject, id)
    WHERE substr(kind, 1, 5) IN ('user.', 'sessi', 'conse', 'link.');
