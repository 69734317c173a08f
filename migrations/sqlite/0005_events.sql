-- The outbox: events written in the transaction of the change that they tell of.
CREATE TABLE outbox (
    id           BLOB   PRIMARY KEY NOT NULL,
    workspace_id BLOB   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    event_type   TEXT   NOT NULL,
    subject_id   BLOB   NOT NULL,
    -- JSON, as text: it is passed on and never searched.
    payload      TEXT   NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE INDEX outbox_by_time ON outbox (created_at);
