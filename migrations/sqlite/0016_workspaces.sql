-- Workspaces that an owner has deleted: closed at once, restored on request, purged afterwards.
ALTER TABLE workspaces ADD COLUMN deleted_at BIGINT;
-- When its rows go for good; null: it is not deleted.
ALTER TABLE workspaces ADD COLUMN purges_at BIGINT;
CREATE INDEX workspaces_purges_at ON workspaces (purges_at) WHERE purges_at IS NOT NULL;

-- Invitations into a workspace: to an address, once, or by a link, a few times.
CREATE TABLE invitations (
    id           BLOB   NOT NULL PRIMARY KEY,
    workspace_id BLOB   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- Whom alone it lets in, as it was written; null: whoever has the link.
    email        TEXT,
    role         TEXT   NOT NULL CHECK (role IN ('guest', 'member', 'admin', 'owner')),
    -- SHA-256 of the link's 256 random bits.
    token_hash   BLOB   NOT NULL,
    -- Whose rights it rests on.
    invited_by   BLOB   NOT NULL,
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
    invitation_id BLOB   NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    user_id       BLOB   NOT NULL,
    workspace_id  BLOB   NOT NULL,
    used_at       BIGINT NOT NULL,
    PRIMARY KEY (invitation_id, user_id)
);
