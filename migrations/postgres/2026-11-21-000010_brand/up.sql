-- Pictures of clients and organizations, by what is in them. What names one holds its organization's
-- row while it does, so that none goes that is about to be named.
CREATE TABLE logos (
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    digest BYTEA NOT NULL,
    media_type TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, digest)
);

-- What the pages of an organization wear, where a client has nothing of its own.
CREATE TABLE organization_brands (
    org_id BIGINT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    logo TEXT,
    accent TEXT,
    updated_at BIGINT NOT NULL
);

-- From where a client's server authenticated at the token endpoint: the latest few places.
CREATE TABLE client_addresses (
    client_key BIGINT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (client_key, address, agent)
);
CREATE INDEX client_addresses_by_address ON client_addresses (address);

-- Which signing keys were in the key set when somebody at such an address last fetched it.
CREATE TABLE key_sightings (
    client_key BIGINT PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    kids TEXT NOT NULL,
    fetched_at BIGINT NOT NULL
);
