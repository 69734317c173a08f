-- How a person proves that it is them besides by a password. These rows belong to the platform, as users do.

-- When the session's person last proved that it is them; null: when it began.
ALTER TABLE sessions ADD COLUMN proved_at BIGINT;

-- The secret that a person's authenticator makes codes from (RFC 6238).
CREATE TABLE totp_factors (
    user_id      BLOB   NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed under the master keys.
    secret       BLOB   NOT NULL,
    -- When a first code showed that the authenticator has it; null: it is not in force yet.
    confirmed_at BIGINT,
    -- The time step of the newest code that was used: neither it nor an older one counts again.
    last_step    BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);

-- Ways in for whoever has lost their factors, each once: SHA-256 of 120 random bits and the user's id.
CREATE TABLE recovery_codes (
    user_id    BLOB   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash  BLOB   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

-- Public keys of a person's authenticators (WebAuthn).
CREATE TABLE passkeys (
    id            BLOB   NOT NULL PRIMARY KEY,
    user_id       BLOB   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- What the authenticator calls it.
    credential_id BLOB   NOT NULL,
    name          TEXT   NOT NULL,
    -- The key, and what is known of its authenticator.
    credential    TEXT   NOT NULL,
    -- How often it says that it was used; one that goes back was copied.
    counter       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT
);
CREATE UNIQUE INDEX passkeys_credential ON passkeys (credential_id);
CREATE INDEX passkeys_user ON passkeys (user_id, id);

-- What somebody has begun and must finish soon, once: a login that lacks its second factor, a passkey that is
-- asked to sign, work that keeps floods away. Found by the SHA-256 of 32 random bytes.
CREATE TABLE auth_challenges (
    token_hash  BLOB   NOT NULL PRIMARY KEY,
    purpose     TEXT   NOT NULL CHECK (purpose IN ('login', 'register_passkey', 'use_passkey', 'work')),
    -- Whose; null: the passkey will say.
    user_id     BLOB   REFERENCES users (id) ON DELETE CASCADE,
    -- The browser that alone may finish it; null: any.
    device_hash BLOB,
    -- What a passkey has to sign, as JSON.
    state       TEXT,
    failures    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX auth_challenges_user ON auth_challenges (user_id);
CREATE INDEX auth_challenges_expiry ON auth_challenges (expires_at);
