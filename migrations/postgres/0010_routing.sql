-- Routes: model names of a workspace's own that stand for a list of models.
CREATE TABLE routes (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    description TEXT NOT NULL,
    strategy TEXT NOT NULL CHECK (strategy IN ('ordered', 'weighted')),
    -- Models with their weights and conditions, in order.
    targets JSONB NOT NULL,
    -- Whether a client that leaves ends the provider's answer.
    abort_on_disconnect BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX routes_name ON routes (workspace_id, name);

-- A workspace's own provider keys and deployments.
CREATE TABLE provider_connections (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    provider TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    -- Null: the provider's own address.
    base_url TEXT,
    -- The key, sealed under the master key for this row alone; null: it needs none.
    sealed_key BYTEA,
    -- The key's last characters, for people to tell keys apart.
    key_hint TEXT,
    enabled BOOLEAN NOT NULL,
    -- Deployments that the catalogue does not have.
    models JSONB NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX provider_connections_workspace ON provider_connections (workspace_id, id);

ALTER TABLE routes ENABLE ROW LEVEL SECURITY;
ALTER TABLE routes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON routes
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE provider_connections ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_connections FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON provider_connections
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
