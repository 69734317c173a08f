-- Accounts that their people have asked to delete: kept for a while, then erased.
ALTER TABLE users ADD COLUMN deletion_asked_at BIGINT;
-- When what is personal is erased; null: nobody has asked.
ALTER TABLE users ADD COLUMN erases_at BIGINT;
-- When it was: the row stays without a name and an address, for what the ledger and the audit log refer to.
ALTER TABLE users ADD COLUMN erased_at BIGINT;
CREATE INDEX users_erases_at ON users (erases_at) WHERE erases_at IS NOT NULL;
