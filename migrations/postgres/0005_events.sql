-- The outbox: events written in the transaction of the change that they tell of.
CREATE TABLE outbox (
    id           UUID   PRIMARY KEY,
    workspace_id UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    event_type   TEXT   COLLATE "C" NOT NULL,
    subject_id   UUID   NOT NULL,
    -- JSON, as text: it is passed on and never searched.
    payload      TEXT   NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE INDEX outbox_by_time ON outbox (created_at);

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON outbox
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
