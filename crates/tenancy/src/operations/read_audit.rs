//! Reads the audit log, and checks that nobody has changed it.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
};
use kernel::{Page, TenantScope};
use serde_json::json;

use crate::{
    AuditRow, AuditSearch, AuditVerdict, Chain, Tenancy, TenancyError,
    store::audit::{self, GENESIS},
};

/// Entries that are read at a time.
const BATCH: i64 = 500;

impl Tenancy {
    /// Entries of the chain that the search finds, the newest first, before the position `before`.
    pub async fn audit_entries(
        &self,
        chain: Chain,
        search: &AuditSearch,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Page<AuditRow>, TenancyError> {
        let rows = audit::page(&self.db, chain.scope(), chain, search, before, i64::from(limit) + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.position)))
    }

    /// Entries after the position `after` in the order in which they were written, some at a time.
    pub async fn audit_after(&self, chain: Chain, after: i64) -> Result<Vec<AuditRow>, TenancyError> {
        Ok(audit::following(&self.db, chain.scope(), chain, after, BATCH).await?)
    }

    /// Writes down that somebody takes the whole log with them.
    pub async fn note_export(&self, scope: &TenantScope, format: &str) -> Result<(), TenancyError> {
        let entry = Entry::of(Action::AuditExported, scope).about(scope.workspace());
        let mut tx = self.db.begin(scope).await?;
        self.record(&mut tx, entry.after(json!({ "format": format }))).await?;
        Ok(tx.commit().await?)
    }

    /// Recomputes every hash of the chain. An entry that was changed, removed, added or moved breaks it
    /// there; what is written meanwhile is left for the next time.
    ///
    /// Whoever can write to the database past the triggers, and recomputes all hashes, is found out only
    /// by somebody who noted an earlier [`AuditVerdict::hash`], or receives the log as a stream.
    pub async fn verify_audit(&self, chain: Chain) -> Result<AuditVerdict, TenancyError> {
        let head = audit::head(&self.db, chain.scope(), chain).await?;
        let (end, last) = head.unwrap_or((0, GENESIS.to_vec()));
        let (mut position, mut hash) = (0, GENESIS.to_vec());
        let broken = |at| AuditVerdict { entries: end, hash: last.clone(), broken_at: Some(at) };
        while position < end {
            let rows = audit::following(&self.db, chain.scope(), chain, position, BATCH).await?;
            if rows.is_empty() {
                return Ok(broken(position + 1));
            }
            for row in rows.into_iter().take_while(|row| row.position <= end) {
                if row.position != position + 1 || row.chained(&hash) != row.hash {
                    return Ok(broken(position + 1));
                }
                (position, hash) = (row.position, row.hash);
            }
        }
        if hash != last {
            return Ok(broken(end));
        }
        Ok(AuditVerdict { entries: end, hash, broken_at: None })
    }

    /// Every chain of the installation, for operators.
    pub async fn audit_chains(&self) -> Result<Vec<Chain>, TenancyError> {
        Ok(audit::chains(&self.db).await?)
    }
}
