-- Users and how they sign in. These rows belong to the platform and not to a workspace: no
-- row-level security. Secrets are stored as hashes only: passwords as argon2id (PHC strings),
-- refresh tokens as SHA-256.

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    -- What lookups use, and what is unique.
    email_lower TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    locale TEXT NOT NULL,
    theme TEXT NOT NULL,
    attributes TEXT NOT NULL,
    -- Hex digest of the picture in user_avatars; null: no picture.
    avatar_digest TEXT,
    platform_admin BOOLEAN NOT NULL,
    disabled_at BIGINT,
    last_login_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_email_lower ON users (email_lower);

CREATE TABLE user_avatars (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    media_type TEXT NOT NULL,
    data BLOB NOT NULL
);

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The workspace that the session was last renewed for. A hint: membership is checked on each use.
    last_workspace BLOB NOT NULL,
    user_agent TEXT,
    ip TEXT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    -- Slides with each renewal, up to absolute_expires_at.
    expires_at BIGINT NOT NULL,
    absolute_expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT
);
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    token_hash BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    -- When its successor was first given out; null: it is the newest of its session.
    rotated_at BIGINT
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_rotation ON refresh_tokens (rotated_at);

-- Failed logins by (e-mail, client network); the key is a hash of both.
CREATE TABLE login_attempts (
    key_hash BLOB NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    -- No attempt is admitted before.
    retry_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX login_attempts_updated ON login_attempts (updated_at);
