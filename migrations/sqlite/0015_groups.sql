-- Groups: some of a workspace's members, by a name. Budgets may be over what they spend together.

CREATE TABLE groups (
    id           BLOB   NOT NULL PRIMARY KEY,
    workspace_id BLOB   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);

CREATE UNIQUE INDEX groups_name ON groups (workspace_id, name);

-- Who leaves the workspace leaves its groups.
CREATE TABLE group_members (
    workspace_id BLOB   NOT NULL,
    group_id     BLOB   NOT NULL,
    user_id      BLOB   NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (group_id, user_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, user_id) REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);

CREATE INDEX group_members_by_member ON group_members (workspace_id, user_id);

-- A budget may be over a group. SQLite can't change a CHECK, so the table is made anew, and with it
-- those that refer to it: dropping it under them would empty them.
CREATE TABLE budgets_new (
    id           BLOB    NOT NULL PRIMARY KEY,
    workspace_id BLOB    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    subject      TEXT    NOT NULL CHECK (subject IN ('workspace', 'user', 'key', 'group')),
    -- The user, the key or the group; like the ledger's, it outlives them.
    subject_id   BLOB CHECK ((subject = 'workspace') = (subject_id IS NULL)),
    period       TEXT    NOT NULL CHECK (period IN ('day', 'month', 'total')),
    limit_nano   BIGINT  NOT NULL CHECK (limit_nano > 0),
    -- Refuses what would pass the limit; else it only warns.
    hard         BOOLEAN NOT NULL,
    -- The start of the first period that it counts: that in which it was made.
    counts_from  BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL,
    -- What it counts, and what the amounts of its tables are: nano-dollars, tokens or messages.
    unit         TEXT    NOT NULL DEFAULT 'usd' CHECK (unit IN ('usd', 'tokens', 'messages')),
    -- The account of a plan's quota. Its limit stands in the configuration, and none here.
    quota        BOOLEAN NOT NULL DEFAULT FALSE
);
INSERT INTO budgets_new (id, workspace_id, name, subject, subject_id, period, limit_nano, hard, counts_from,
    created_at, updated_at, unit, quota)
SELECT id, workspace_id, name, subject, subject_id, period, limit_nano, hard, counts_from,
    created_at, updated_at, unit, quota
FROM budgets;

CREATE TABLE budget_periods_new (
    budget_id    BLOB   NOT NULL REFERENCES budgets_new (id) ON DELETE CASCADE,
    -- Microseconds since 1970-01-01, UTC; 0 for a total.
    starts_at    BIGINT NOT NULL,
    workspace_id BLOB   NOT NULL,
    spent_nano   BIGINT NOT NULL,
    PRIMARY KEY (budget_id, starts_at)
);
INSERT INTO budget_periods_new (budget_id, starts_at, workspace_id, spent_nano)
SELECT budget_id, starts_at, workspace_id, spent_nano FROM budget_periods;

CREATE TABLE budget_holds_new (
    budget_id    BLOB   NOT NULL REFERENCES budgets_new (id) ON DELETE CASCADE,
    starts_at    BIGINT NOT NULL,
    node         BLOB   NOT NULL,
    workspace_id BLOB   NOT NULL,
    held_nano    BIGINT NOT NULL CHECK (held_nano >= 0),
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (budget_id, starts_at, node)
);
INSERT INTO budget_holds_new (budget_id, starts_at, node, workspace_id, held_nano, expires_at)
SELECT budget_id, starts_at, node, workspace_id, held_nano, expires_at FROM budget_holds;

CREATE TABLE budget_warnings_new (
    budget_id    BLOB   NOT NULL REFERENCES budgets_new (id) ON DELETE CASCADE,
    starts_at    BIGINT NOT NULL,
    -- Of the limit.
    percent      BIGINT NOT NULL CHECK (percent IN (80, 90, 100)),
    workspace_id BLOB   NOT NULL,
    warned_at    BIGINT NOT NULL,
    -- Its event is written; false only within the transaction that warns.
    told         BOOLEAN NOT NULL,
    PRIMARY KEY (budget_id, starts_at, percent)
);
INSERT INTO budget_warnings_new (budget_id, starts_at, percent, workspace_id, warned_at, told)
SELECT budget_id, starts_at, percent, workspace_id, warned_at, told FROM budget_warnings;

DROP TABLE budget_warnings;
DROP TABLE budget_holds;
DROP TABLE budget_periods;
DROP TABLE budgets;
ALTER TABLE budgets_new RENAME TO budgets;
ALTER TABLE budget_periods_new RENAME TO budget_periods;
ALTER TABLE budget_holds_new RENAME TO budget_holds;
ALTER TABLE budget_warnings_new RENAME TO budget_warnings;

CREATE INDEX budgets_by_workspace ON budgets (workspace_id, id);
CREATE UNIQUE INDEX budgets_quota ON budgets (workspace_id, unit, period) WHERE quota;
