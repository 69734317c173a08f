//! What a context keeps of a workspace: given to its owner as one archive.
//!
//! A kind of thing is a file of JSON, an object on each line, read a page at a time, so that no archive fills the
//! memory. Secrets and their hashes are in none. [`archived!`](crate::archived) declares one by its statement.

use std::marker::PhantomData;

use async_trait::async_trait;
use bytes::Bytes;
use database::{Db, FromRow, Value as Parameter};
use kernel::{Id, TenantScope, UserId};
use serde_json::Value;

pub use crate::personal::PersonalPage as Page;

/// Rows of a page.
pub const PAGE: usize = 500;

/// Whose archive is made, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Archived {
    pub scope: TenantScope,
    /// The owner who asked for it.
    pub owner: UserId,
    /// Whether members' own conversations and files are in it; else the owner's alone.
    pub everybodys: bool,
}

/// A file with bytes of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedFile {
    /// Where the next one is found from.
    pub id: String,
    /// As its owner called it.
    pub name: String,
    pub content: Bytes,
}

/// One kind of thing that a context keeps of workspaces.
#[async_trait]
pub trait WorkspaceData: Send + Sync {
    /// What its file is called, without its ending.
    fn name(&self) -> &'static str;

    /// The tables that it is read from.
    fn tables(&self) -> &'static [&'static str];

    /// What there is after `after`, some at a time.
    async fn page(&self, of: &Archived, after: Option<&str>) -> Result<Page, database::Error>;

    /// The file after `after`, where the kind has such.
    async fn file(&self, of: &Archived, after: Option<&str>) -> Result<Option<ArchivedFile>, database::Error> {
        let _ = (of, after);
        Ok(None)
    }
}

/// A row that is a line of an archive. Declared by [`archived!`](crate::archived).
pub trait ArchivedRow: FromRow {
    const NAME: &'static str;
    const TABLES: &'static [&'static str];
    /// `$1` is the workspace, then come the keys of the row before, the limit, and, of what is somebody's own, the
    /// owner and whether everybody's is wanted.
    const SQL: &'static str;
    const IS_SOMEBODYS: bool;

    fn line(self) -> Value;

    /// Where the next page begins.
    fn cursor(&self) -> String;

    /// The keys in a cursor; of none, what is less than every key.
    fn keys(cursor: Option<&str>) -> Vec<Parameter>;
}

/// A kind of thing whose lines are rows.
pub struct Rows<R>(Db, PhantomData<fn() -> R>);

impl<R: ArchivedRow> Rows<R> {
    pub fn of(db: &Db) -> std::sync::Arc<dyn WorkspaceData> {
        std::sync::Arc::new(Self(db.clone(), PhantomData))
    }
}

#[async_trait]
impl<R: ArchivedRow> WorkspaceData for Rows<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn tables(&self) -> &'static [&'static str] {
        R::TABLES
    }

    async fn page(&self, of: &Archived, after: Option<&str>) -> Result<Page, database::Error> {
        let mut parameters: Vec<Parameter> = vec![of.scope.workspace().into()];
        parameters.extend(R::keys(after));
        parameters.push(i64::try_from(PAGE).unwrap_or(i64::MAX).into());
        if R::IS_SOMEBODYS {
            parameters.extend([of.owner.into(), of.everybodys.into()]);
        }
        let rows: Vec<R> = self.0.all(&of.scope, R::SQL, parameters).await?;
        let next = rows.last().filter(|_| rows.len() == PAGE).map(R::cursor);
        Ok(Page { items: rows.into_iter().map(R::line).collect(), next })
    }
}

/// What a keyset can go by.
pub trait Key: Into<Parameter> {
    /// As text in a cursor, and back; what is none is the least of all.
    fn read(text: Option<&str>) -> Self;
}

impl<P> Key for Id<P>
where
    Self: std::str::FromStr,
{
    fn read(text: Option<&str>) -> Self {
        text.and_then(|text| text.parse().ok()).unwrap_or_else(|| Self::from_uuid(uuid::Uuid::nil()))
    }
}

impl Key for uuid::Uuid {
    fn read(text: Option<&str>) -> Self {
        text.and_then(|text| text.parse().ok()).unwrap_or_default()
    }
}

impl Key for i64 {
    fn read(text: Option<&str>) -> Self {
        text.and_then(|text| text.parse().ok()).unwrap_or(Self::MIN)
    }
}

impl Key for String {
    fn read(text: Option<&str>) -> Self {
        text.unwrap_or_default().to_owned()
    }
}

#[doc(hidden)]
pub use serde_json::json;

/// Declares a row of an archive: its file, its tables, its key, its fields in the order of the columns, its statement.
/// The last key may be a text.
#[macro_export]
macro_rules! archived {
    ($name:ident in $file:literal of [$($table:literal),+] after [$($key:ident: $kind:ty),+]
     { $($field:ident: $type:ty),+ $(,)? } $sql:literal) => {
        $crate::archived!(@ $name, $file, [$($table),+], [$($key: $kind),+], { $($field: $type),+ }, $sql, false);
    };
    (somebodys $name:ident in $file:literal of [$($table:literal),+] after [$($key:ident: $kind:ty),+]
     { $($field:ident: $type:ty),+ $(,)? } $sql:literal) => {
        $crate::archived!(@ $name, $file, [$($table),+], [$($key: $kind),+], { $($field: $type),+ }, $sql, true);
    };
    (@ $name:ident, $file:literal, [$($table:literal),+], [$($key:ident: $kind:ty),+],
     { $($field:ident: $type:ty),+ }, $sql:literal, $somebodys:literal) => {
        pub(crate) struct $name { $($field: $type),+ }
        ::database::from_row!($name { $($field),+ });
        impl $crate::archive::ArchivedRow for $name {
            const NAME: &'static str = $file;
            const TABLES: &'static [&'static str] = &[$($table),+];
            const SQL: &'static str = $sql;
            const IS_SOMEBODYS: bool = $somebodys;

            fn line(self) -> ::serde_json::Value {
                $crate::archive::json!({ $((stringify!($field)): self.$field),+ })
            }

            fn cursor(&self) -> String {
                [$(self.$key.to_string()),+].join("|")
            }

            fn keys(cursor: Option<&str>) -> Vec<::database::Value> {
                let count = [$(stringify!($key)),+].len();
                let mut parts = cursor.into_iter().flat_map(|cursor| cursor.splitn(count, '|'));
                vec![$(<$kind as $crate::archive::Key>::read(parts.next()).into()),+]
            }
        }
    };
}
