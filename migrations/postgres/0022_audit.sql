-- The audit log: who changed what, when and from where. An entry is written once and never changes;
-- those of a workspace leave only together with it. It refers to users and things by id alone, because
-- it outlives them.
CREATE TABLE audit_entries (
    -- The workspace, or the nil id for the platform: entries of one chain are numbered from 1, without a gap.
    chain           UUID   NOT NULL,
    position        BIGINT NOT NULL CHECK (position > 0),
    id              UUID   NOT NULL,
    -- Null: it concerns the platform.
    workspace_id    UUID   REFERENCES workspaces (id) ON DELETE CASCADE CHECK (workspace_id = chain),
    occurred_at     BIGINT NOT NULL,
    action          TEXT COLLATE "C" NOT NULL,
    actor_kind      TEXT COLLATE "C" NOT NULL,
    -- The user who acted.
    actor_id        UUID,
    -- The job, the command or the system that acted.
    actor_name      TEXT COLLATE "C",
    -- The administrator who acted in the user's name.
    impersonator_id UUID,
    api_key_id      UUID,
    subject_kind    TEXT COLLATE "C",
    subject_id      TEXT COLLATE "C",
    -- JSON, as text: the hash is over these very bytes.
    before_state    TEXT COLLATE "C",
    after_state     TEXT COLLATE "C",
    ip              TEXT COLLATE "C",
    user_agent      TEXT COLLATE "C",
    request_id      TEXT COLLATE "C",
    -- SHA-256 over the hash of the entry before it and all of the above.
    hash            BYTEA  NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (chain, position)
);
CREATE INDEX audit_entries_workspace ON audit_entries (workspace_id, position);
CREATE INDEX audit_entries_action ON audit_entries (chain, action, position);
CREATE INDEX audit_entries_actor ON audit_entries (chain, actor_id, position);
CREATE INDEX audit_entries_subject ON audit_entries (chain, subject_id, position);
CREATE INDEX audit_entries_time ON audit_entries (chain, occurred_at);

-- Entries of the platform, whose workspace is null, are seen in platform scope alone.
ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_entries
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A cascade runs after the workspace's row is gone; any other deletion still finds it.
    IF TG_OP = 'DELETE' THEN
        IF OLD.workspace_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM workspaces WHERE id = OLD.workspace_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit entries are immutable' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- Where each chain ends. Its row is the lock under which the next entry is written.
CREATE TABLE audit_heads (
    chain        UUID   NOT NULL PRIMARY KEY,
    workspace_id UUID   REFERENCES workspaces (id) ON DELETE CASCADE CHECK (workspace_id = chain),
    position     BIGINT NOT NULL,
    hash         BYTEA  NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX audit_heads_workspace ON audit_heads (workspace_id);

ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_heads
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

CREATE FUNCTION audit_heads_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.position < OLD.position OR NEW.chain <> OLD.chain THEN
        RAISE EXCEPTION 'audit chains only grow' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER audit_heads_only_grow BEFORE UPDATE ON audit_heads
    FOR EACH ROW EXECUTE FUNCTION audit_heads_only_grow();
CREATE TRIGGER audit_heads_no_delete BEFORE DELETE ON audit_heads
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_heads_no_truncate BEFORE TRUNCATE ON audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
