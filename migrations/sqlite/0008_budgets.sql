-- Budgets: what a workspace, a member or an API key may spend in a period.

-- The API key that asked; none: a person did, in the app.
ALTER TABLE usage_entries ADD COLUMN api_key_id BLOB;

CREATE TABLE budgets (
    id           BLOB    NOT NULL PRIMARY KEY,
    workspace_id BLOB    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    subject      TEXT    NOT NULL CHECK (subject IN ('workspace', 'user', 'key')),
    -- The user or the key; like the ledger's, it outlives them.
    subject_id   BLOB CHECK ((subject = 'workspace') = (subject_id IS NULL)),
    period       TEXT    NOT NULL CHECK (period IN ('day', 'month', 'total')),
    limit_nano   BIGINT  NOT NULL CHECK (limit_nano > 0),
    -- Refuses what would pass the limit; else it only warns.
    hard         BOOLEAN NOT NULL,
    -- The start of the first period that it counts: that in which it was made.
    counts_from  BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL
);

CREATE INDEX budgets_by_workspace ON budgets (workspace_id, id);

-- What was spent in each period. Its row is also what those who reserve wait for in turn.
CREATE TABLE budget_periods (
    budget_id    BLOB   NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
    -- Microseconds since 1970-01-01, UTC; 0 for a total.
    starts_at    BIGINT NOT NULL,
    workspace_id BLOB   NOT NULL,
    spent_nano   BIGINT NOT NULL,
    PRIMARY KEY (budget_id, starts_at)
);

-- What each process has reserved for calls under way. It counts until it expires, so that
-- the room of a process that died comes back.
CREATE TABLE budget_holds (
    budget_id    BLOB   NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
    starts_at    BIGINT NOT NULL,
    node         BLOB   NOT NULL,
    workspace_id BLOB   NOT NULL,
    held_nano    BIGINT NOT NULL CHECK (held_nano >= 0),
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (budget_id, starts_at, node)
);

-- The warnings that were given: each once in a period.
CREATE TABLE budget_warnings (
    budget_id    BLOB   NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
    starts_at    BIGINT NOT NULL,
    -- Of the limit.
    percent      BIGINT NOT NULL CHECK (percent IN (80, 90, 100)),
    workspace_id BLOB   NOT NULL,
    warned_at    BIGINT NOT NULL,
    -- Its event is written; false only within the transaction that warns.
    told         BOOLEAN NOT NULL,
    PRIMARY KEY (budget_id, starts_at, percent)
);
