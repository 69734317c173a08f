-- Numbers that move when something that processes keep in memory has changed. They belong
-- to the platform and tell nothing about any workspace.
CREATE TABLE epochs (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
