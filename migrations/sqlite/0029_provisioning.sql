-- Provisioning by SCIM: what a workspace's directory says of its people and groups.

CREATE TABLE scim_tokens (
    workspace_id BLOB   NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    -- SHA-256 of 256 random bits.
    token_hash   BLOB  NOT NULL,
    -- What the token begins with, for people to tell it apart.
    prefix       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    -- To the minute.
    last_used_at BIGINT
);
CREATE UNIQUE INDEX scim_tokens_hash ON scim_tokens (token_hash);

CREATE TABLE scim_users (
    workspace_id    BLOB    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id         BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_name       TEXT    NOT NULL,
    user_name_lower TEXT NOT NULL,
    -- The directory's own id.
    external_id     TEXT,
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
    workspace_id BLOB NOT NULL,
    group_id     BLOB NOT NULL PRIMARY KEY,
    -- The directory's own id.
    external_id  TEXT,
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups (workspace_id, id) ON DELETE CASCADE
);

