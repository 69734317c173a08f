-- Workspaces that an owner has deleted: closed at once, restored on request, purged afterwards.
ALTER TABLE workspaces ADD COLUMN deleted_at BIGINT;
-- When its rows go for good; null: it is not deleted.
ALTER TABLE workspaces ADD COLUMN purges_at BIGINT;
CREATE INDEX workspaces_purges_at ON workspaces (purges_at) WHERE purges_at IS NOT NULL;
