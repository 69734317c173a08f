-- Workspaces that an owner has deleted: closed at once, restored on request, purged afterwards.
ALTER TABLE workspaces ADD COLUMN deleted_at BIGINT;
-- When its rows go for good; null: it is not deleted.
ALTER TABLE workspaces ADD COLUMN purges_at BIGINT;
CREATE INDEX workspaces_purges_at ON workspaces (purges_at) WHERE purges_at IS NOT NULL;

-- Invitations into a workspace: to an address, once, or by a link, a few times.
CREATE TABLE invitations (
    id           UUID   NOT NULL PRIMARY KEY,
    workspace_id UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- Whom alone it lets in, as it was written; null: whoever has the link.
    email        TEXT COLLATE "C",
    role         TEXT COLLATE "C" NOT NULL CHECK (role IN ('guest', 'member', 'admin', 'owner')),
    -- SHA-256 of the link's 256 random bits.
    token_hash   BYTEA  NOT NULL,
    -- Whose rights it rests on.
    invited_by   UUID   NOT NULL,
    max_uses     BIGINT NOT NULL CHECK (max_uses > 0),
    uses         BIGINT NOT NULL CHECK (uses >= 0 AND uses <= max_uses),
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    revoked_at   BIGINT
);
CREATE UNIQUE INDEX invitations_token ON invitations (token_hash);
CREATE INDEX invitations_workspace ON invitations (workspace_id, id);
CREATE INDEX invitations_expires_at ON invitations (expires_at);

-- Who came in by which: somebody who was removed doesn't come in by the same again.
CREATE TABLE invitation_uses (
    invitation_id UUID   NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    user_id       UUID   NOT NULL,
    workspace_id  UUID   NOT NULL,
    used_at       BIGINT NOT NULL,
    PRIMARY KEY (invitation_id, user_id)
);

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invitations
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE invitation_uses ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitation_uses FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invitation_uses
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
