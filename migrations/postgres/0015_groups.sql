-- Groups: some of a workspace's members, by a name. Budgets may be over what they spend together.

CREATE TABLE groups (
    id           UUID   NOT NULL PRIMARY KEY,
    workspace_id UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);

CREATE UNIQUE INDEX groups_name ON groups (workspace_id, name);

-- Who leaves the workspace leaves its groups.
CREATE TABLE group_members (
    workspace_id UUID   NOT NULL,
    group_id     UUID   NOT NULL,
    user_id      UUID   NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (group_id, user_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, user_id) REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);

CREATE INDEX group_members_by_member ON group_members (workspace_id, user_id);

ALTER TABLE groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE groups FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON groups
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE group_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE group_members FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON group_members
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

-- A budget may be over a group.
ALTER TABLE budgets DROP CONSTRAINT budgets_subject_check;
ALTER TABLE budgets ADD CONSTRAINT budgets_subject_check CHECK (subject IN ('workspace', 'user', 'key', 'group'));
