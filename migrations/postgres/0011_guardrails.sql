-- Guardrails: what providers must not see and what is refused, of a workspace and of its keys.
CREATE TABLE guardrail_policies (
    -- The workspace's own id, or a key's: each has one policy at the most.
    subject_id   UUID   NOT NULL PRIMARY KEY,
    workspace_id UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- None: it holds for the whole workspace.
    api_key_id   UUID,
    policy       JSONB  NOT NULL,
    updated_at   BIGINT NOT NULL,
    updated_by   UUID   NOT NULL
);
CREATE INDEX guardrail_policies_workspace ON guardrail_policies (workspace_id);

-- What was decided in calls. Never the text that it is about.
CREATE TABLE guardrail_decisions (
    id           UUID   NOT NULL PRIMARY KEY,
    workspace_id UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id      UUID   NOT NULL,
    api_key_id   UUID,
    -- The answer in the web chat, and the entry in the ledger, where there is one.
    run_id       UUID,
    usage_id     UUID,
    rule         TEXT   COLLATE "C" NOT NULL,
    action       TEXT   COLLATE "C" NOT NULL CHECK (action IN ('redacted', 'flagged', 'blocked', 'limited')),
    count        BIGINT NOT NULL CHECK (count > 0),
    occurred_at  BIGINT NOT NULL
);
CREATE INDEX guardrail_decisions_workspace ON guardrail_decisions (workspace_id, id);
CREATE INDEX guardrail_decisions_time ON guardrail_decisions (occurred_at);

-- The same in a run's own record, as JSON; null: nothing was decided.
ALTER TABLE runs ADD COLUMN guardrails TEXT;

ALTER TABLE guardrail_policies ENABLE ROW LEVEL SECURITY;
ALTER TABLE guardrail_policies FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON guardrail_policies
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE guardrail_decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE guardrail_decisions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON guardrail_decisions
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
