-- Single sign-on: a workspace's own identity provider, and the domains that it speaks for.

CREATE TABLE sso_connections (
    workspace_id   UUID    NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    -- What people read on the button.
    name           TEXT    NOT NULL,
    issuer         TEXT COLLATE "C" NOT NULL,
    client_id      TEXT COLLATE "C" NOT NULL,
    -- Sealed under the master key for this row alone.
    sealed_secret  BYTEA   NOT NULL,
    -- Besides `openid`, with spaces between them.
    scopes         TEXT    NOT NULL,
    -- The names of the claims that say these.
    email_claim    TEXT    NOT NULL,
    name_claim     TEXT    NOT NULL,
    groups_claim   TEXT    NOT NULL,
    -- Of new members whom no group gives another one.
    default_role   TEXT    NOT NULL CHECK (default_role IN ('guest', 'member', 'admin')),
    -- The provider's groups and the roles that they give: [{"group": …, "role": …}].
    role_mapping   JSONB   NOT NULL,
    -- Else it neither logs in nor links.
    enabled        BOOLEAN NOT NULL,
    -- Members with a verified domain's address sign in here and nowhere else; owners may.
    enforced       BOOLEAN NOT NULL,
    -- The provider asks for a second factor, so we do not.
    second_factor  BOOLEAN NOT NULL,
    created_at     BIGINT  NOT NULL,
    updated_at     BIGINT  NOT NULL
);

CREATE TABLE sso_domains (
    workspace_id UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- In lower case, as in DNS.
    domain       TEXT COLLATE "C" NOT NULL,
    -- What the domain's owner publishes.
    token        TEXT COLLATE "C" NOT NULL,
    -- When it was found in DNS; null: not yet.
    verified_at  BIGINT,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, domain)
);
-- One workspace alone speaks for a domain.
CREATE UNIQUE INDEX sso_domains_verified ON sso_domains (domain) WHERE verified_at IS NOT NULL;

ALTER TABLE sso_connections ENABLE ROW LEVEL SECURITY;
ALTER TABLE sso_connections FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sso_connections
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE sso_domains ENABLE ROW LEVEL SECURITY;
ALTER TABLE sso_domains FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sso_domains
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
