-- The usage ledger. An entry is written once and never changes; it leaves only together
-- with its whole workspace. It refers to users, conversations and runs by id alone,
-- because it outlives them.
CREATE TABLE usage_entries (
    workspace_id        BLOB    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    id                  BLOB    NOT NULL,
    user_id             BLOB    NOT NULL,
    conversation_id     BLOB,
    run_id              BLOB,
    model               TEXT    NOT NULL,
    input_tokens        BIGINT  NOT NULL CHECK (input_tokens >= 0),
    cached_input_tokens BIGINT  NOT NULL CHECK (cached_input_tokens >= 0),
    cache_write_tokens  BIGINT  NOT NULL CHECK (cache_write_tokens >= 0),
    output_tokens       BIGINT  NOT NULL CHECK (output_tokens >= 0),
    reasoning_tokens    BIGINT  NOT NULL CHECK (reasoning_tokens >= 0),
    estimated           BOOLEAN NOT NULL,
    price_version       TEXT,
    cost_nano           BIGINT  NOT NULL,
    occurred_at         BIGINT  NOT NULL CHECK (occurred_at >= 0),
    -- Days since 1970-01-01, UTC.
    day                 BIGINT  NOT NULL CHECK (day = occurred_at / 86400000000),
    recorded_at         BIGINT  NOT NULL,
    -- The id is the caller's idempotency key, so each workspace has a key space of its own.
    PRIMARY KEY (workspace_id, id)
);

-- Reports read a range of days; one about a single user skips the others within the index.
CREATE INDEX usage_entries_by_day ON usage_entries (workspace_id, day, user_id);

CREATE TRIGGER usage_entries_no_update BEFORE UPDATE ON usage_entries
BEGIN
    SELECT RAISE(ABORT, 'usage entries are immutable');
END;

-- A cascade runs after the workspace's row is gone; any other deletion still finds it.
CREATE TRIGGER usage_entries_no_delete BEFORE DELETE ON usage_entries
WHEN EXISTS (SELECT 1 FROM workspaces WHERE id = OLD.workspace_id)
BEGIN
    SELECT RAISE(ABORT, 'usage entries are immutable');
END;
