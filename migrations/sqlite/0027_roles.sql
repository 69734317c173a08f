-- Roles that a workspace makes for itself. They allow what they are based on, and what they list.
CREATE TABLE roles (
    id           BLOB   NOT NULL PRIMARY KEY,
    workspace_id BLOB   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         TEXT   NOT NULL,
    description  TEXT   NOT NULL,
    -- The built-in role whose permissions it has; null: none.
    base         TEXT CHECK (base IN ('guest', 'member', 'admin')),
    -- Names of permissions beyond those.
    permissions  TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX roles_name ON roles (workspace_id, name);

-- Whoever has one: beside it stands the built-in role that it is based on, guest for none.
ALTER TABLE memberships ADD COLUMN role_id BLOB REFERENCES roles (id);
CREATE INDEX memberships_role ON memberships (role_id) WHERE role_id IS NOT NULL;
ALTER TABLE invitations ADD COLUMN role_id BLOB REFERENCES roles (id);
CREATE INDEX invitations_role ON invitations (role_id) WHERE role_id IS NOT NULL;

-- A role that a group gives to whoever is in it, beside their own; null: none.
ALTER TABLE groups ADD COLUMN role TEXT CHECK (role IN ('guest', 'member', 'admin'));
ALTER TABLE groups ADD COLUMN role_id BLOB REFERENCES roles (id);
CREATE INDEX groups_role ON groups (role_id) WHERE role_id IS NOT NULL;
