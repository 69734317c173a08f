-- The audit log: who changed what, when and from where. An entry is written once and never changes;
-- those of a workspace leave only together with it. It refers to users and things by id alone, because
-- it outlives them.
CREATE TABLE audit_entries (
    -- The workspace, or the nil id for the platform: entries of one chain are numbered from 1, without a gap.
    chain           BLOB   NOT NULL,
    position        BIGINT NOT NULL CHECK (position > 0),
    id              BLOB   NOT NULL,
    -- Null: it concerns the platform.
    workspace_id    BLOB   REFERENCES workspaces (id) ON DELETE CASCADE CHECK (workspace_id = chain),
    occurred_at     BIGINT NOT NULL,
    action          TEXT   NOT NULL,
    actor_kind      TEXT   NOT NULL,
    -- The user who acted.
    actor_id        BLOB,
    -- The job, the command or the system that acted.
    actor_name      TEXT,
    -- The administrator who acted in the user's name.
    impersonator_id BLOB,
    api_key_id      BLOB,
    subject_kind    TEXT,
    subject_id      TEXT,
    -- JSON, as text: the hash is over these very bytes.
    before_state    TEXT,
    after_state     TEXT,
    ip              TEXT,
    user_agent      TEXT,
    request_id      TEXT,
    -- SHA-256 over the hash of the entry before it and all of the above.
    hash            BLOB   NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (chain, position)
);
CREATE INDEX audit_entries_workspace ON audit_entries (workspace_id, position);
CREATE INDEX audit_entries_action ON audit_entries (chain, action, position);
CREATE INDEX audit_entries_actor ON audit_entries (chain, actor_id, position);
CREATE INDEX audit_entries_subject ON audit_entries (chain, subject_id, position);
CREATE INDEX audit_entries_time ON audit_entries (chain, occurred_at);

CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit entries are immutable');
END;

-- A cascade runs after the workspace's row is gone; any other deletion still finds it.
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
WHEN OLD.workspace_id IS NULL OR EXISTS (SELECT 1 FROM workspaces WHERE id = OLD.workspace_id)
BEGIN
    SELECT RAISE(ABORT, 'audit entries are immutable');
END;

-- Where each chain ends. Its row is the lock under which the next entry is written.
CREATE TABLE audit_heads (
    chain        BLOB   NOT NULL PRIMARY KEY,
    workspace_id BLOB   REFERENCES workspaces (id) ON DELETE CASCADE CHECK (workspace_id = chain),
    position     BIGINT NOT NULL,
    hash         BLOB   NOT NULL CHECK (length(hash) = 32)
);

CREATE INDEX audit_heads_workspace ON audit_heads (workspace_id);

CREATE TRIGGER audit_heads_only_grow BEFORE UPDATE ON audit_heads
WHEN NEW.position < OLD.position OR NEW.chain <> OLD.chain
BEGIN
    SELECT RAISE(ABORT, 'audit chains only grow');
END;

CREATE TRIGGER audit_heads_no_delete BEFORE DELETE ON audit_heads
WHEN OLD.workspace_id IS NULL OR EXISTS (SELECT 1 FROM workspaces WHERE id = OLD.workspace_id)
BEGIN
    SELECT RAISE(ABORT, 'audit chains only grow');
END;
