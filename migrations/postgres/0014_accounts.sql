-- Letters on their way out, and how a user's address is proved, changed, and used to set a new password.

-- They belong to the platform: a letter may go to somebody who is in no workspace yet. Any
-- transaction may add one; only the platform's own work reads them, as they may hold secrets.
CREATE TABLE mails (
    id         UUID   NOT NULL PRIMARY KEY,
    recipient  TEXT   NOT NULL,
    locale     TEXT   COLLATE "C" NOT NULL,
    kind       TEXT   COLLATE "C" NOT NULL,
    -- What it says, as JSON. Its link may be a secret, so it goes when the letter has gone; null then.
    letter     TEXT,
    -- `kept`: nothing delivers here, and it can be looked at for a while.
    state      TEXT   COLLATE "C" NOT NULL CHECK (state IN ('queued', 'delivered', 'failed', 'kept')),
    attempts   BIGINT NOT NULL,
    -- Not before; while a process is at it, the end of its lease.
    due_at     BIGINT NOT NULL,
    -- Whose lease: a process that was overtaken may not settle it.
    lease      UUID,
    -- No attempt after.
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- When it was delivered, or given up.
    settled_at BIGINT
);
CREATE INDEX mails_due ON mails (due_at) WHERE state = 'queued';
CREATE INDEX mails_created ON mails (created_at);

ALTER TABLE mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE mails FORCE ROW LEVEL SECURITY;
CREATE POLICY post ON mails FOR INSERT WITH CHECK (true);
CREATE POLICY platform ON mails USING (current_setting('parlance.workspace', true) = 'platform');

-- When the user showed that they receive what is sent to their address; null: not yet.
ALTER TABLE users ADD COLUMN email_verified_at BIGINT;

-- What links in letters are good for, once; found by the SHA-256 of the link's 32 random bytes.
CREATE TABLE email_tokens (
    token_hash    BYTEA  NOT NULL PRIMARY KEY,
    user_id       UUID   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose       TEXT   COLLATE "C" NOT NULL CHECK (purpose IN ('verify_email', 'change_email', 'reset_password')),
    -- The address that the letter went to.
    email         TEXT   NOT NULL,
    -- Of a sign-up that waits for its proof: what it asked for, and what the proof sets.
    name          TEXT,
    password_hash TEXT,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX email_tokens_user ON email_tokens (user_id, purpose, created_at);
CREATE INDEX email_tokens_expiry ON email_tokens (expires_at);

-- Browsers that a user has signed in with, by the SHA-256 of a cookie.
CREATE TABLE known_devices (
    user_id       UUID   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device_hash   BYTEA  NOT NULL,
    first_used_at BIGINT NOT NULL,
    last_used_at  BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_hash)
);
CREATE INDEX known_devices_used ON known_devices (last_used_at);
