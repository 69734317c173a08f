-- Roles that a workspace makes for itself. They allow what they are based on, and what they list.
CREATE TABLE roles (
    id           UUID   NOT NULL PRIMARY KEY,
    workspace_id UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         TEXT COLLATE "C" NOT NULL,
    description  TEXT COLLATE "C" NOT NULL,
    -- The built-in role whose permissions it has; null: none.
    base         TEXT COLLATE "C" CHECK (base IN ('guest', 'member', 'admin')),
    -- Names of permissions beyond those.
    permissions  JSONB  NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX roles_name ON roles (workspace_id, name);

ALTER TABLE roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE roles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON roles
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

-- Whoever has one: beside it stands the built-in role that it is based on, guest for none.
ALTER TABLE memberships ADD COLUMN role_id UUID REFERENCES roles (id);
CREATE INDEX memberships_role ON memberships (role_id) WHERE role_id IS NOT NULL;
ALTER TABLE invitations ADD COLUMN role_id UUID REFERENCES roles (id);
CREATE INDEX invitations_role ON invitations (role_id) WHERE role_id IS NOT NULL;

-- A role that a group gives to whoever is in it, beside their own; null: none.
ALTER TABLE groups ADD COLUMN role TEXT COLLATE "C" CHECK (role IN ('guest', 'member', 'admin'));
ALTER TABLE groups ADD COLUMN role_id UUID REFERENCES roles (id);
CREATE INDEX groups_role ON groups (role_id) WHERE role_id IS NOT NULL;
