-- What administrators of the platform do: suspend workspaces, act as somebody else, begin.

-- A suspended workspace is closed to its members and keys until it is resumed; null: it is not.
ALTER TABLE workspaces ADD COLUMN suspended_at BIGINT;
-- Why, in the administrator's words, for its owners.
ALTER TABLE workspaces ADD COLUMN suspended_reason TEXT;

-- Whose session it really is, if an administrator acts as the user; null: the user's own.
ALTER TABLE sessions ADD COLUMN impersonator_id BLOB REFERENCES users (id) ON DELETE CASCADE;
-- Why, in the administrator's words.
ALTER TABLE sessions ADD COLUMN impersonation_reason TEXT;
CREATE INDEX sessions_impersonator ON sessions (impersonator_id) WHERE impersonator_id IS NOT NULL;

-- The administrators, who are few.
CREATE INDEX users_platform_admin ON users (id) WHERE platform_admin;

-- What makes the first administrator: links that a start prints while there is none, by the
-- SHA-256 of their 32 random bytes. They belong to the platform.
CREATE TABLE setup_tokens (
    token_hash BLOB   NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
