-- Plans: what the operator lets a workspace use. Their quotas are counted like budgets.

-- The plan of a workspace; without a row it has the installation's default one.
CREATE TABLE workspace_plans (
    workspace_id BLOB   NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    -- Its id in the operator's configuration.
    plan         TEXT   NOT NULL,
    set_at       BIGINT NOT NULL
);

-- What a budget counts, and what the amounts of its tables are: nano-dollars, tokens or messages.
ALTER TABLE budgets ADD COLUMN unit TEXT NOT NULL DEFAULT 'usd' CHECK (unit IN ('usd', 'tokens', 'messages'));
-- The account of a plan's quota. Its limit stands in the configuration, and none here.
ALTER TABLE budgets ADD COLUMN quota BOOLEAN NOT NULL DEFAULT FALSE;

-- A workspace has one for each unit and period, whatever its plan is called.
CREATE UNIQUE INDEX budgets_quota ON budgets (workspace_id, unit, period) WHERE quota;

-- The messages that an entry counts as. Those from before there were plans count as one each.
ALTER TABLE usage_entries ADD COLUMN messages BIGINT NOT NULL DEFAULT 1 CHECK (messages >= 0);

-- What of an entry had prices of its own (a service, sound, pictures, searches), as JSON; null: nothing.
ALTER TABLE usage_entries ADD COLUMN extra TEXT;
