-- Provisioning by SCIM: what a workspace's directory says of its people and groups.

CREATE TABLE scim_tokens (
    workspace_id UUID   NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    -- SHA-256 of 256 random bits.
    token_hash   BYTEA  NOT NULL,
    -- What the token begins with, for people to tell it apart.
    prefix       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    -- To the minute.
    last_used_at BIGINT
);
CREATE UNIQUE INDEX scim_tokens_hash ON scim_tokens (token_hash);

CREATE TABLE scim_users (
    workspace_id    UUID    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id         UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_name       TEXT    NOT NULL,
    user_name_lower TEXT COLLATE "C" NOT NULL,
    -- The directory's own id.
    external_id     TEXT COLLATE "C",
    given_name      TEXT,
    family_name     TEXT,
    display_name    TEXT,
    -- Else the directory has switched them off: no sign-in makes them a member.
    active          BOOLEAN NOT NULL,
    -- When the directory deleted them; they are switched off then too.
    deleted_at      BIGINT,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE UNIQUE INDEX scim_users_name ON scim_users (workspace_id, user_name_lower) WHERE deleted_at IS NULL;
CREATE INDEX scim_users_external ON scim_users (workspace_id, external_id);
CREATE INDEX scim_users_user ON scim_users (user_id);

CREATE TABLE scim_groups (
    workspace_id UUID NOT NULL,
    group_id     UUID NOT NULL PRIMARY KEY,
    -- The directory's own id.
    external_id  TEXT COLLATE "C",
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups (workspace_id, id) ON DELETE CASCADE
);

ALTER TABLE scim_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON scim_tokens
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE scim_users ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_users FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON scim_users
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE scim_groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_groups FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON scim_groups
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
