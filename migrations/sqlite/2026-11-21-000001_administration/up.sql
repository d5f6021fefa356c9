-- A role of a user or of a client. `reach` is the organization in which, and below which, the role
-- holds; 0 is everywhere.
CREATE TABLE admin_roles (
    id INTEGER PRIMARY KEY NOT NULL,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    client_key BIGINT REFERENCES clients (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    reach BIGINT NOT NULL,
    granted_at BIGINT NOT NULL,
    granted_by TEXT NOT NULL,
    CHECK ((user_id IS NULL) <> (client_key IS NULL))
);
CREATE UNIQUE INDEX admin_roles_of_user ON admin_roles (user_id, role, reach)
    WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX admin_roles_of_client ON admin_roles (client_key, role, reach)
    WHERE client_key IS NOT NULL;

-- Whoever administers already, as a member of the group of that name, is an owner from now on.
INSERT INTO admin_roles (id, user_id, client_key, role, reach, granted_at, granted_by)
SELECT m.user_id, m.user_id, NULL, 'owner', 0, g.created_at, 'group administrators'
FROM group_members m JOIN groups g ON g.id = m.group_id
WHERE g.name = 'administrators' AND g.org_id = 1;

-- What an administrator's program presents to the administration API.
CREATE TABLE api_tokens (
    id INTEGER PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    digest BLOB NOT NULL,
    permissions TEXT NOT NULL,
    reach BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_tokens_by_user ON api_tokens (user_id);
