-- What a workspace knows of its members, in fields of its own choice.

-- JSON Schema that members' attributes must follow; null: anything goes.
ALTER TABLE workspaces ADD COLUMN profile_schema TEXT;

-- Who leaves the workspace takes them along.
CREATE TABLE member_profiles (
    workspace_id BLOB   NOT NULL,
    user_id      BLOB   NOT NULL,
    attributes   TEXT   NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);

-- The attributes' single values, to search for: one SQL for both engines.
CREATE TABLE member_profile_values (
    workspace_id BLOB   NOT NULL,
    user_id      BLOB   NOT NULL,
    -- Names on the way to it, with dots between them.
    field        TEXT   NOT NULL,
    -- In lower case, and its beginning alone.
    value        TEXT   NOT NULL,
    PRIMARY KEY (workspace_id, user_id, field, value),
    FOREIGN KEY (workspace_id, user_id) REFERENCES member_profiles (workspace_id, user_id) ON DELETE CASCADE
);
CREATE INDEX member_profile_values_by_value ON member_profile_values (workspace_id, field, value);
