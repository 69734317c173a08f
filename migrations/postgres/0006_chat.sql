-- Conversations are trees of messages; an assistant's message is written by a run. Every row
-- carries the person it belongs to: a workspace's admins do not read its members' chats.
-- JSON is kept as text: it is read whole, never searched, and may hold what JSONB refuses (U+0000).
CREATE TABLE conversations (
    id                UUID    PRIMARY KEY,
    workspace_id      UUID    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id           UUID    NOT NULL,
    title             TEXT,
    -- In lower case by Unicode, for search: the engines fold only ASCII alike.
    title_folded      TEXT,
    model             TEXT    COLLATE "C",
    system_prompt     TEXT,
    parameters        TEXT    NOT NULL,
    pinned            BOOLEAN NOT NULL,
    archived          BOOLEAN NOT NULL,
    -- The leaf of the branch shown.
    active_message_id UUID,
    created_at        BIGINT  NOT NULL,
    -- The last activity: what lists are sorted by.
    updated_at        BIGINT  NOT NULL,
    deleted_at        BIGINT
);

CREATE INDEX conversations_by_activity ON conversations (workspace_id, user_id, updated_at, id);
CREATE INDEX conversations_deleted ON conversations (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE messages (
    id              UUID   PRIMARY KEY,
    workspace_id    UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    conversation_id UUID   NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    user_id         UUID   NOT NULL,
    parent_id       UUID,
    -- What siblings share: their parent, or for first messages the conversation.
    fork_id         UUID   NOT NULL,
    role            TEXT   COLLATE "C" NOT NULL CHECK (role IN ('user', 'assistant')),
    parts           TEXT   NOT NULL,
    -- Tokens that the text has for `token_model`; absent until a long conversation needs it.
    token_count     BIGINT,
    token_model     TEXT   COLLATE "C",
    created_at      BIGINT NOT NULL
);

CREATE INDEX messages_by_fork ON messages (fork_id, created_at, id);
CREATE INDEX messages_by_conversation ON messages (conversation_id);

CREATE TABLE runs (
    id                  UUID    PRIMARY KEY,
    workspace_id        UUID    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    conversation_id     UUID    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    message_id          UUID    NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    -- The message that was asked with; null when an answer was asked for again.
    user_message_id     UUID,
    user_id             UUID    NOT NULL,
    status              TEXT    COLLATE "C" NOT NULL
        CHECK (status IN ('queued', 'running', 'completed', 'cancelled', 'failed', 'interrupted')),
    requested_model     TEXT    COLLATE "C" NOT NULL,
    -- The model that speaks: another one if a fallback took over.
    model               TEXT    COLLATE "C" NOT NULL,
    -- The prices in force when the run began, as JSON; null: unpriced.
    prices              TEXT,
    finish_reason       TEXT    COLLATE "C",
    error_code          TEXT    COLLATE "C",
    error_message       TEXT,
    -- The ledger entry that settles the run. Chosen at the start, so that it is written once.
    usage_id            UUID    NOT NULL,
    input_tokens        BIGINT,
    cached_input_tokens BIGINT,
    cache_write_tokens  BIGINT,
    output_tokens       BIGINT,
    reasoning_tokens    BIGINT,
    cost_nano           BIGINT,
    estimated           BOOLEAN,
    price_version       TEXT,
    idempotency_key     TEXT    COLLATE "C",
    request_hash        BYTEA,
    -- The process that does the work, and until when it must have renewed its claim.
    node                UUID    NOT NULL,
    lease_expires_at    BIGINT  NOT NULL,
    cancel_requested_at BIGINT,
    started_at          BIGINT  NOT NULL,
    finished_at         BIGINT,
    first_token_ms      BIGINT
);

-- One answer at a time in a conversation.
CREATE UNIQUE INDEX runs_active ON runs (conversation_id) WHERE finished_at IS NULL;
CREATE INDEX runs_active_by_node ON runs (node, lease_expires_at) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX runs_by_message ON runs (message_id);
-- Each start asks for these two: what runs now, and what was used today, without reading a row.
CREATE INDEX runs_active_by_user ON runs (workspace_id, user_id) WHERE finished_at IS NULL;
CREATE INDEX runs_by_user ON runs (workspace_id, user_id, started_at, output_tokens);
CREATE UNIQUE INDEX runs_by_key ON runs (workspace_id, user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- What runs have streamed and not yet folded into their messages: written before anybody sees
-- it, deleted when the run ends.
CREATE TABLE run_journal (
    run_id       UUID   NOT NULL,
    seq          BIGINT NOT NULL,
    workspace_id UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    pieces       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (run_id, seq)
);

CREATE TABLE files (
    id           UUID   PRIMARY KEY,
    workspace_id UUID   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id      UUID   NOT NULL,
    name         TEXT   NOT NULL,
    media_type   TEXT   COLLATE "C" NOT NULL,
    size         BIGINT NOT NULL CHECK (size BETWEEN 1 AND 10485760),
    width        BIGINT,
    height       BIGINT,
    content      BYTEA  NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE INDEX files_by_time ON files (created_at);

CREATE TABLE message_files (
    message_id   UUID NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    file_id      UUID NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    PRIMARY KEY (message_id, file_id)
);

CREATE INDEX message_files_by_file ON message_files (file_id);

ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON conversations
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON messages
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON runs
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE run_journal ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_journal FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON run_journal
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE files ENABLE ROW LEVEL SECURITY;
ALTER TABLE files FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON files
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

ALTER TABLE message_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_files FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON message_files
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
