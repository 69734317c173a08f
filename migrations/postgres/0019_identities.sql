-- Identities that other providers vouch for, and sign-ins with them that are under way. Like users, these rows
-- belong to the platform and not to a workspace: no row-level security.

-- An identity is what the provider's issuer calls its subject, and never an e-mail address.
CREATE TABLE identities (
    id           UUID   NOT NULL PRIMARY KEY,
    user_id      UUID   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Through whom: `google`, `github`. The same issuer through another one is another identity.
    provider     TEXT COLLATE "C" NOT NULL,
    issuer       TEXT COLLATE "C" NOT NULL,
    subject      TEXT COLLATE "C" NOT NULL,
    -- What the provider said last; for show.
    email        TEXT,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    UNIQUE (provider, issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id, id);

-- A browser on its way to a provider and back. Each row is used once.
CREATE TABLE federated_attempts (
    -- SHA-256 of the `state` parameter.
    state_hash   BYTEA  NOT NULL PRIMARY KEY,
    -- SHA-256 of the browser's cookie. The PKCE verifier and the nonce are derived from the cookie, so that they
    -- stand nowhere.
    browser_hash BYTEA  NOT NULL,
    provider     TEXT COLLATE "C" NOT NULL,
    -- Who adds this identity to their account, and in which session; null: somebody signs in.
    user_id      UUID REFERENCES users (id) ON DELETE CASCADE,
    session_id   UUID REFERENCES sessions (id) ON DELETE CASCADE,
    -- A path of the web app.
    next_path    TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX federated_attempts_expiry ON federated_attempts (expires_at);
