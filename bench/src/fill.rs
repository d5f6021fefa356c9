//! A store that has been in use for years: what each scenario costs on it is compared with an empty
//! one.

use std::path::Path;

use diesel::SqliteConnection;
use diesel::connection::{Connection as _, SimpleConnection as _};

/// For every user a name with its search terms, a password and a grant with its tokens; for every
/// tenth a session; for every hundredth a client. Their ids are older than any that the run draws, and
/// nothing of them ends while it lasts, unless it is over already.
const ROWS: &str = "
    PRAGMA foreign_keys = OFF;
    PRAGMA synchronous = OFF;
    BEGIN;
    CREATE TEMP TABLE n (n INTEGER PRIMARY KEY);
    INSERT INTO n WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {users})
        SELECT n + 1000000 FROM s;
    INSERT INTO users (id, org_id, subject, status, claims, group_names, not_before, created_at, updated_at, terms_version)
        SELECT n, 1, 'filled-' || n, 0, '{\"given_name\":\"Ada\",\"family_name\":\"Lovelace\",\"email\":\"u' || n || '@filled.test\",\"email_verified\":true,\"phone_number_verified\":false}', '[]', 0, 0, 0, 1 FROM n;
    INSERT INTO user_terms (org_id, term, user_id) SELECT 1, 'ada', n FROM n;
    INSERT INTO user_terms (org_id, term, user_id) SELECT 1, 'lovelace', n FROM n;
    INSERT INTO user_terms (org_id, term, user_id) SELECT 1, 'u' || n || '@filled.test', n FROM n;
    INSERT INTO user_identifiers (org_id, value, kind, user_id, created_at)
        SELECT 1, 'u' || n || '@filled.test', 'email', n, 0 FROM n;
    INSERT INTO credentials (id, org_id, user_id, kind, secret, created_at, updated_at)
        SELECT n, 1, n, 'password', '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$' || hex(randomblob(21)), 0, 0 FROM n;
    INSERT INTO clients (id, org_id, client_id, name, status, settings, created_at, updated_at)
        SELECT n, 1, 'filled-' || n, 'Filled', 0, (SELECT settings FROM clients LIMIT 1), 0, 0 FROM n WHERE n % 100 = 0;
    INSERT INTO sessions (id, org_id, user_id, digest, sid, authentication, created_at, last_seen_at, expires_at, ended_at)
        SELECT n, 1, n, randomblob(32), hex(randomblob(8)), '{\"at\":0,\"acr\":\"urn:vestibule:acr:single-factor\",\"amr\":[\"pwd\"]}', 0, 0, {end}, NULL FROM n WHERE n % 10 = 0;
    INSERT INTO grants (id, org_id, client_key, user_id, session_id, terms, offline, case_code, created_at, ends_at, revoked_at)
        SELECT n, 1, n - n % 100, n, n - n % 10, '{\"scope\":\"email openid profile\",\"claims\":{},\"nonce\":\"n-0S6_WzA2Mj\",\"authentication\":{\"at\":0,\"acr\":\"urn:vestibule:acr:single-factor\",\"amr\":[\"pwd\"]}}', 1, 0, 0, {end}, NULL FROM n;
    INSERT INTO refresh_tokens (id, grant_id, digest, generation, issued_at, expires_at, retired_at, successor_id)
        SELECT n, n, randomblob(32), 1, 0, {end}, NULL, NULL FROM n;
    INSERT INTO access_tokens (id, org_id, client_key, grant_id, digest, scope, issued_at, expires_at, revoked_at)
        SELECT n, 1, n - n % 100, n, randomblob(32), 'email openid profile', 0, {end}, NULL FROM n;
    COMMIT;
    PRAGMA wal_checkpoint(TRUNCATE);
";

/// In milliseconds: far ahead.
const AHEAD: &str = "4102444800000";
/// Long over.
const OVER: &str = "1";

/// What is put into a store.
#[derive(Clone, Copy, Debug)]
pub struct Fill {
    /// How many users.
    pub users: u32,
    /// Whether their sessions, grants and tokens are over.
    pub expired: bool,
}

impl Fill {
    /// Fills a database whose schema is in place and that has a client.
    pub fn sqlite(self, file: &Path) -> Result<(), String> {
        let named = |error: &dyn std::fmt::Display| format!("filling {}: {error}", file.display());
        let mut connection = SqliteConnection::establish(&file.display().to_string())
            .map_err(|error| named(&error))?;
        let end = if self.expired { OVER } else { AHEAD };
        let rows = ROWS.replace("{users}", &self.users.to_string()).replace("{end}", end);
        connection.batch_execute(&rows).map_err(|error| named(&error))
    }
}
