//! Rows read in column order into structs and tuples.

use crate::{Error, Field, postgres, sqlite};

/// One row of an answer, read from left to right.
pub struct Row<'a> {
    source: Source<'a>,
    next: usize,
}

pub(crate) enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl<'a> Row<'a> {
    /// Reads a whole row. Fails if `T` leaves columns unread.
    pub(crate) fn read<T: FromRow>(source: Source<'a>) -> Result<T, Error> {
        let mut row = Self { source, next: 0 };
        let value = T::from_row(&mut row)?;
        let columns = row.len();
        if row.next == columns {
            Ok(value)
        } else {
            Err(Error::Decode {
                column: "*".to_owned(),
                message: format!("{columns} columns were selected, {} are read", row.next),
            })
        }
    }

    /// The next column.
    #[allow(clippy::should_implement_trait, reason = "each column has a type of its own")]
    pub fn next<F: Field>(&mut self) -> Result<F, Error> {
        let index = self.next;
        self.next += 1;
        if index >= self.len() {
            return Err(Error::Decode {
                column: format!("#{}", index + 1),
                message: format!("only {} columns were selected", self.len()),
            });
        }
        let cell = match self.source {
            Source::Sqlite(row) => sqlite::cell(row, index),
            Source::Postgres(row) => postgres::cell(row, index),
        };
        cell.and_then(F::read).map_err(|message| Error::Decode { column: self.name(index), message })
    }

    fn len(&self) -> usize {
        match self.source {
            Source::Sqlite(row) => row.as_ref().column_count(),
            Source::Postgres(row) => row.len(),
        }
    }

    fn name(&self, index: usize) -> String {
        match self.source {
            Source::Sqlite(row) => {
                row.as_ref().column_name(index).map_or_else(|_| format!("#{}", index + 1), str::to_owned)
            }
            Source::Postgres(row) => row.columns()[index].name().to_owned(),
        }
    }
}

/// A type that can be read from a row. Implement it with [`from_row!`](crate::from_row).
pub trait FromRow: Sized + Send + 'static {
    /// Takes as many columns as it has fields.
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error>;
}

/// Implements [`FromRow`] for a struct whose fields are listed in the order of the columns:
/// `from_row!(Account { id, email, created_at });`
#[macro_export]
macro_rules! from_row {
    ($type:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::FromRow for $type {
            fn from_row(row: &mut $crate::Row<'_>) -> ::std::result::Result<Self, $crate::Error> {
                Ok(Self { $($field: row.next()?),+ })
            }
        }
    };
}

macro_rules! tuple_from_row {
    ($($($field:ident)+;)*) => {
        $(impl<$($field: Field + Send + 'static),+> FromRow for ($($field,)+) {
            fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
                Ok(($(row.next::<$field>()?,)+))
            }
        })*
    };
}

tuple_from_row! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}
