-- What answers from the gateway's cache would have cost.

CREATE TABLE cache_savings (
    workspace_id UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- Days since 1970-01-01, UTC.
    day          BIGINT NOT NULL,
    -- Who asked; like the ledger's, it outlives them.
    user_id      UUID   NOT NULL,
    answers      BIGINT NOT NULL CHECK (answers > 0),
    saved_nano   BIGINT NOT NULL CHECK (saved_nano >= 0),
    PRIMARY KEY (workspace_id, day, user_id)
);

ALTER TABLE cache_savings ENABLE ROW LEVEL SECURITY;
ALTER TABLE cache_savings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON cache_savings
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
