-- Who else may see or edit something: one row for each of a resource's people, groups, or the whole
-- workspace. Whose the resource is stands in its own table; nobody is given it here.
CREATE TABLE shares (
    workspace_id  UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    resource_type TEXT COLLATE "C" NOT NULL,
    resource_id   UUID   NOT NULL,
    -- The user, the group, or the workspace itself. The next two say which, so that it is in this workspace,
    -- and so that who leaves it, or a group that is deleted, takes the row along.
    subject_id    UUID   NOT NULL,
    user_id       UUID,
    group_id      UUID,
    access        TEXT COLLATE "C" NOT NULL CHECK (access IN ('view', 'edit')),
    shared_by     UUID   NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, resource_type, resource_id, subject_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups (workspace_id, id) ON DELETE CASCADE,
    CHECK (subject_id = COALESCE(user_id, group_id, workspace_id) AND (user_id IS NULL OR group_id IS NULL))
);

CREATE INDEX shares_by_user ON shares (workspace_id, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX shares_by_group ON shares (workspace_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX shares_by_workspace ON shares (workspace_id, resource_type) WHERE user_id IS NULL AND group_id IS NULL;
CREATE INDEX shares_by_sharer ON shares (shared_by);

ALTER TABLE shares ENABLE ROW LEVEL SECURITY;
ALTER TABLE shares FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON shares
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

-- What each member may do with what is shared with them, by whichever way: a row for each way. `level` is
-- 1 to view and 2 to edit, so that the greatest of them holds. The whole workspace is all but its guests.
-- The policies of the tables below it hold for whoever asks it, not for whoever made it.
CREATE VIEW access_by_share WITH (security_invoker = true) AS
    SELECT s.workspace_id, s.resource_type, s.resource_id, s.user_id,
        CASE s.access WHEN 'edit' THEN 2 ELSE 1 END::bigint AS level
    FROM shares s WHERE s.user_id IS NOT NULL
    UNION ALL
    SELECT s.workspace_id, s.resource_type, s.resource_id, g.user_id,
        CASE s.access WHEN 'edit' THEN 2 ELSE 1 END::bigint AS level
    FROM shares s JOIN group_members g ON g.workspace_id = s.workspace_id AND g.group_id = s.group_id
    WHERE s.group_id IS NOT NULL
    UNION ALL
    SELECT s.workspace_id, s.resource_type, s.resource_id, m.user_id,
        CASE s.access WHEN 'edit' THEN 2 ELSE 1 END::bigint AS level
    FROM shares s JOIN memberships m ON m.workspace_id = s.workspace_id
    WHERE s.user_id IS NULL AND s.group_id IS NULL AND (m.role <> 'guest' OR m.role_id IS NOT NULL);

-- A resource takes its shares along. Each kind of resource has such a trigger.
CREATE FUNCTION forget_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM shares
    WHERE workspace_id = OLD.workspace_id AND resource_type = TG_ARGV[0] AND resource_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER conversations_forget_shares AFTER DELETE ON conversations
    FOR EACH ROW EXECUTE FUNCTION forget_shares('conversation');
