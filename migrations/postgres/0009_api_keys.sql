-- API keys. The secret itself is stored nowhere: it is 256 random bits, so its SHA-256 is
-- enough to know it by, and too little to find it from.
CREATE TABLE api_keys (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- Who made it, and whose role bounds it.
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- What the secret begins with, for people to tell keys apart.
    prefix TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    -- The secret before the last rotation, good until then; null: there is none.
    previous_hash BYTEA,
    previous_expires_at BIGINT,
    scopes JSONB NOT NULL,
    -- Null: all of them.
    models JSONB,
    -- Networks in CIDR notation; null: from everywhere.
    allowed_ips JSONB,
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

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_keys
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
