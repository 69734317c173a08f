-- Work that is done later, and again until it is done.

CREATE TABLE jobs (
    id               UUID    NOT NULL PRIMARY KEY,
    -- Null: it is the platform's.
    workspace_id     UUID    REFERENCES workspaces (id) ON DELETE CASCADE,
    kind             TEXT COLLATE "C" NOT NULL,
    -- Priority, kind and owner in one text: jobs that wait in one lane go in the order of their times.
    lane             TEXT COLLATE "C" NOT NULL,
    payload          TEXT COLLATE "C" NOT NULL,
    -- delayed until its time, then waiting, running, and in the end done, dead or cancelled.
    state            TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('delayed', 'waiting', 'running', 'done', 'dead', 'cancelled')),
    due_at           BIGINT  NOT NULL,
    -- Of unfinished jobs of a kind only one has it.
    unique_key       TEXT COLLATE "C",
    -- Attempts begun since it was put into the queue, or put back by a person.
    attempts         BIGINT  NOT NULL,
    -- Grows with each claim and never goes back: who holds an older number has lost the job.
    claim            BIGINT  NOT NULL,
    worker_id        UUID,
    cancel_requested BOOLEAN NOT NULL,
    -- From 0 to 1, and in words.
    progress         DOUBLE PRECISION,
    note             TEXT COLLATE "C",
    -- JSON: the last failures, each with its chain of causes.
    failures         TEXT COLLATE "C" NOT NULL,
    created_at       BIGINT  NOT NULL,
    started_at       BIGINT,
    finished_at      BIGINT
);
CREATE INDEX jobs_waiting ON jobs (lane, due_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_delayed ON jobs (due_at) WHERE state = 'delayed';
CREATE INDEX jobs_running ON jobs (worker_id, lane) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_of_workspace ON jobs (workspace_id, id) WHERE workspace_id IS NOT NULL;
CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key) WHERE finished_at IS NULL AND unique_key IS NOT NULL;

-- Processes that work on jobs. What is held by one whose lease has run out is given to another.
CREATE TABLE job_workers (
    id               UUID    NOT NULL PRIMARY KEY,
    name             TEXT COLLATE "C" NOT NULL,
    slots            BIGINT  NOT NULL,
    started_at       BIGINT  NOT NULL,
    lease_expires_at BIGINT  NOT NULL
);

-- When each schedule runs next. The tick and its job commit together.
CREATE TABLE job_schedules (
    name             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind             TEXT COLLATE "C" NOT NULL,
    cron             TEXT COLLATE "C" NOT NULL,
    zone             TEXT COLLATE "C" NOT NULL,
    next_at          BIGINT  NOT NULL,
    last_at          BIGINT
);

-- Who sees to schedules and retention now.
CREATE TABLE job_leader (
    role             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    worker_id        UUID    NOT NULL,
    lease_expires_at BIGINT  NOT NULL
);

-- What was done, by kind and minute: counts, and how long it took, in quarters of a power of two of a microsecond.
CREATE TABLE job_stats (
    minute           BIGINT  NOT NULL,
    kind             TEXT COLLATE "C" NOT NULL,
    -- An outcome; or 'wait' and 'run', for which `bucket` says how long.
    measure          TEXT COLLATE "C" NOT NULL,
    bucket           BIGINT  NOT NULL,
    count            BIGINT  NOT NULL,
    PRIMARY KEY (minute, kind, measure, bucket)
);

-- Jobs of the platform, whose workspace is null, are seen in platform scope alone.
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON jobs
    USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));

-- Rows come and go quickly; what they leave behind is cleared away early.
ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02);
