-- The usage ledger. An entry is written once and never changes; it leaves only together
-- with its whole workspace. It refers to users, conversations and runs by id alone,
-- because it outlives them.
CREATE TABLE usage_entries (
    workspace_id        UUID    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    id                  UUID    NOT NULL,
    user_id             UUID    NOT NULL,
    conversation_id     UUID,
    run_id              UUID,
    model               TEXT    COLLATE "C" NOT NULL,
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

ALTER TABLE usage_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage_entries
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

CREATE FUNCTION usage_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A cascade runs after the workspace's row is gone; any other deletion still finds it.
    IF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT 1 FROM workspaces WHERE id = OLD.workspace_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'usage entries are immutable' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER usage_entries_no_update BEFORE UPDATE ON usage_entries
    FOR EACH ROW EXECUTE FUNCTION usage_entries_refuse();
CREATE TRIGGER usage_entries_no_delete BEFORE DELETE ON usage_entries
    FOR EACH ROW EXECUTE FUNCTION usage_entries_refuse();
CREATE TRIGGER usage_entries_no_truncate BEFORE TRUNCATE ON usage_entries
    FOR EACH STATEMENT EXECUTE FUNCTION usage_entries_refuse();
