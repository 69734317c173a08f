-- What a workspace knows of its members, in fields of its own choice.

-- JSON Schema that members' attributes must follow; null: anything goes.
ALTER TABLE workspaces ADD COLUMN profile_schema TEXT COLLATE "C";

-- Who leaves the workspace takes them along.
CREATE TABLE member_profiles (
    workspace_id UUID   NOT NULL,
    user_id      UUID   NOT NULL,
    attributes   JSONB  NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);

-- The attributes' single values, to search for: one SQL for both engines.
CREATE TABLE member_profile_values (
    workspace_id UUID   NOT NULL,
    user_id      UUID   NOT NULL,
    -- Names on the way to it, with dots between them.
    field        TEXT COLLATE "C" NOT NULL,
    -- In lower case, and its beginning alone.
    value        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, user_id, field, value),
    FOREIGN KEY (workspace_id, user_id) REFERENCES member_profiles (workspace_id, user_id) ON DELETE CASCADE
);
CREATE INDEX member_profile_values_by_value ON member_profile_values (workspace_id, field, value);

ALTER TABLE member_profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE member_profiles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON member_profiles
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE member_profile_values ENABLE ROW LEVEL SECURITY;
ALTER TABLE member_profile_values FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON member_profile_values
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
