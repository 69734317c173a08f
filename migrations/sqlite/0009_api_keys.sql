-- API keys. The secret itself is stored nowhere: it is 256 random bits, so its SHA-256 is
-- enough to know it by, and too little to find it from.
CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- Who made it, and whose role bounds it.
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- What the secret begins with, for people to tell keys apart.
    prefix TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    -- The secret before the last rotation, good until then; null: there is none.
    previous_hash BLOB,
    previous_expires_at BIGINT,
    scopes TEXT NOT NULL,
    -- Null: all of them.
    models TEXT,
    -- Networks in CIDR notation; null: from everywhere.
    allowed_ips TEXT,
    requests_per_minute BIGINT CHECK (requests_per_minute > 0),
    tokens_per_minute BIGINT CHECK (tokens_per_minute > 0),
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- To the minute.
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX api_keys_secret ON api_keys (secret_hash);
CREATE UNIQUE INDEX api_keys_previous ON api_keys (previous_hash);
CREATE INDEX api_keys_workspace ON api_keys (workspace_id, id);
CREATE INDEX api_keys_user ON api_keys (user_id, workspace_id, id);
CREATE INDEX api_keys_revoked ON api_keys (revoked_at);
