//! The room that this process holds on accounts: exactly in memory, and in the database at
//! least as much, so that others never find more room than there is.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{Timestamp, WorkspaceId};

use super::LEASE;
use crate::model::{Amount, budget::Account};

/// A hold is renewed when less than this is left of its lease.
const RENEW: Duration = Duration::from_secs(LEASE.as_secs() * 2 / 3);

/// What reservations hold, by account.
#[derive(Debug, Default)]
pub struct Holds {
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    accounts: HashMap<Account, Room>,
    /// Accounts whose row holds another amount than it should.
    dirty: BTreeSet<Account>,
    /// Somebody looks after the rows.
    attended: bool,
}

#[derive(Debug, Clone, Copy)]
struct Room {
    workspace: WorkspaceId,
    /// Of the reservations that live.
    live: Amount,
    /// What stands in the row.
    written: Amount,
    expires_at: Timestamp,
}

/// The room of one reservation. Dropping it gives it back.
#[derive(Debug)]
pub struct Held {
    holds: Arc<Holds>,
    accounts: Vec<(Account, Amount)>,
}

impl Held {
    pub fn accounts(&self) -> &[(Account, Amount)] {
        &self.accounts
    }

    /// The room was given back together with what it was kept for.
    pub fn settled(mut self) {
        self.accounts.clear();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.accounts.is_empty() {
            self.holds.release(&mem::take(&mut self.accounts));
        }
    }
}

/// What a transaction has made of an account's row.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    pub account: Account,
    pub workspace: WorkspaceId,
    pub held: Amount,
    pub expires_at: Timestamp,
    /// Reservations that came.
    pub admitted: Amount,
    /// Reservations that went, their use being written in the same transaction.
    pub settled: Amount,
}

impl Holds {
    /// What lives on an account.
    pub fn live(&self, account: Account) -> Amount {
        self.book().accounts.get(&account).map_or(Amount::ZERO, |room| room.live)
    }

    /// Accounts whose row must be written: it holds too much, or its lease runs out.
    pub fn due(&self, now: Timestamp, renewals: bool) -> Vec<(Account, WorkspaceId)> {
        let book = self.book();
        let dirty = book.dirty.iter().filter_map(|account| Some((*account, book.accounts.get(account)?.workspace)));
        if !renewals {
            return dirty.collect();
        }
        let renewed = book.accounts.iter().filter_map(|(account, room)| {
            (room.live > Amount::ZERO && room.expires_at.since(now) < RENEW).then_some((*account, room.workspace))
        });
        dirty.chain(renewed).collect()
    }

    /// A transaction has committed.
    pub fn written(&self, rows: &[Written]) {
        let mut book = self.book();
        for row in rows {
            let fresh =
                Room { workspace: row.workspace, live: Amount::ZERO, written: row.held, expires_at: row.expires_at };
            let room = book.accounts.entry(row.account).or_insert(fresh);
            room.written = row.held;
            room.expires_at = row.expires_at;
            room.live = room.live + row.admitted - row.settled;
            let (live, written) = (room.live, room.written);
            if live == written {
                book.dirty.remove(&row.account);
            } else {
                book.dirty.insert(row.account);
            }
            if live == Amount::ZERO && written == Amount::ZERO {
                book.accounts.remove(&row.account);
            }
        }
    }

    /// The budget is gone, and its rows with it.
    pub fn forget(&self, account: Account) {
        let mut book = self.book();
        book.accounts.remove(&account);
        book.dirty.remove(&account);
    }

    /// The room of a reservation that a committed transaction has admitted.
    pub fn held(self: &Arc<Self>, accounts: Vec<(Account, Amount)>) -> Held {
        Held { holds: self.clone(), accounts }
    }

    fn release(&self, accounts: &[(Account, Amount)]) {
        let mut book = self.book();
        for (account, amount) in accounts {
            if let Some(room) = book.accounts.get_mut(account) {
                room.live = room.live - *amount;
                book.dirty.insert(*account);
            }
        }
    }

    /// Whether somebody must begin to look after the rows: there are some and nobody does.
    pub fn wants_attendance(&self) -> bool {
        let mut book = self.book();
        !book.accounts.is_empty() && !mem::replace(&mut book.attended, true)
    }

    /// Whether nothing is held any more, so that looking after the rows ends.
    pub fn done(&self) -> bool {
        let mut book = self.book();
        book.attended = !book.accounts.is_empty();
        !book.attended
    }

    /// Nobody looks after the rows any more, though there are some.
    pub fn leave(&self) {
        self.book().attended = false;
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
