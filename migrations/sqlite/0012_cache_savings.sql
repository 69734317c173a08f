-- What answers from the gateway's cache would have cost.

CREATE TABLE cache_savings (
    workspace_id BLOB   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- Days since 1970-01-01, UTC.
    day          BIGINT NOT NULL,
    -- Who asked; like the ledger's, it outlives them.
    user_id      BLOB   NOT NULL,
    answers      BIGINT NOT NULL CHECK (answers > 0),
    saved_nano   BIGINT NOT NULL CHECK (saved_nano >= 0),
    PRIMARY KEY (workspace_id, day, user_id)
);
