-- Where audit logs are sent as they grow: to a webhook, or to a log server.

CREATE TABLE audit_streams (
    -- The workspace, or the nil id for the platform, as in audit_entries.
    chain             BLOB    NOT NULL PRIMARY KEY,
    -- Null: it is the platform's log.
    workspace_id      BLOB    REFERENCES workspaces (id) ON DELETE CASCADE CHECK (workspace_id = chain),
    kind              TEXT NOT NULL CHECK (kind IN ('webhook', 'syslog')),
    -- https://…, tls://host:port or tcp://host:port
    address           TEXT    NOT NULL,
    -- PEM: whom a log server's certificate must be from; null: whom this machine trusts.
    authority         TEXT,
    -- What a webhook's deliveries are signed with, sealed under the master key for this row alone.
    sealed_secret     BLOB,
    -- Everything up to here has arrived.
    position          BIGINT  NOT NULL CHECK (position >= 0),
    -- Null: it is under way.
    paused_at         BIGINT,
    -- Whether it was paused because nothing got through.
    gave_up           BOOLEAN NOT NULL,
    last_delivered_at BIGINT,
    -- Of the attempts since the last success.
    failures          BIGINT  NOT NULL,
    failing_since     BIGINT,
    last_error        TEXT,
    -- When the next attempt may be made, or until when somebody has it in hand.
    due_at            BIGINT  NOT NULL,
    lease             BLOB,
    created_at        BIGINT  NOT NULL,
    updated_at        BIGINT  NOT NULL
);
CREATE INDEX audit_streams_workspace ON audit_streams (workspace_id);
CREATE INDEX audit_streams_due ON audit_streams (due_at) WHERE paused_at IS NULL;
