-- Routes: model names of a workspace's own that stand for a list of models.
CREATE TABLE routes (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    strategy TEXT NOT NULL CHECK (strategy IN ('ordered', 'weighted')),
    -- Models with their weights and conditions, in order.
    targets TEXT NOT NULL,
    -- Whether a client that leaves ends the provider's answer.
    abort_on_disconnect BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX routes_name ON routes (workspace_id, name);

-- A workspace's own provider keys and deployments.
CREATE TABLE provider_connections (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Null: the provider's own address.
    base_url TEXT,
    -- The key, sealed under the master key for this row alone; null: it needs none.
    sealed_key BLOB,
    -- The key's last characters, for people to tell keys apart.
    key_hint TEXT,
    enabled BOOLEAN NOT NULL,
    -- Deployments that the catalogue does not have.
    models TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX provider_connections_workspace ON provider_connections (workspace_id, id);
