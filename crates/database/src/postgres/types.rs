//! Values in PostgreSQL's binary format, by the type that the server expects or sends.

use std::error::Error;

use bytes::BytesMut;
use postgres_types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::{Cell, Value};

type Failure = Box<dyn Error + Sync + Send>;

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Bool(it), &Type::BOOL) => it.to_sql(ty, out),
            (Self::Int(it), &Type::INT8) => it.to_sql(ty, out),
            (Self::Int(it), &Type::INT4) => i32::try_from(*it)?.to_sql(ty, out),
            (Self::Int(it), &Type::INT2) => i16::try_from(*it)?.to_sql(ty, out),
            (Self::Float(it), &Type::FLOAT8) => it.to_sql(ty, out),
            (Self::Text(it), &Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::NAME | &Type::UNKNOWN) => {
                it.to_sql(ty, out)
            }
            (Self::Bytes(it), &Type::BYTEA) => it.to_sql(ty, out),
            (Self::Uuid(it), &Type::UUID) => it.to_sql(ty, out),
            (Self::Json(it), &Type::JSONB) => {
                // The version of the binary format, then the text.
                out.extend_from_slice(&[1]);
                out.extend_from_slice(it.as_bytes());
                Ok(IsNull::No)
            }
            (Self::Json(it), &Type::JSON | &Type::TEXT) => it.to_sql(&Type::TEXT, out),
            (Self::Invalid(message), _) => Err(message.clone().into()),
            // Without the value: it may be a secret.
            (value, ty) => Err(format!("{} is no {ty}; cast the parameter or the column", value.kind()).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        match *ty {
            Type::BOOL => bool::from_sql(ty, raw).map(Self::Bool),
            Type::INT2 => i16::from_sql(ty, raw).map(|it| Self::Int(it.into())),
            Type::INT4 => i32::from_sql(ty, raw).map(|it| Self::Int(it.into())),
            Type::INT8 => i64::from_sql(ty, raw).map(Self::Int),
            Type::FLOAT4 => f32::from_sql(ty, raw).map(|it| Self::Float(it.into())),
            Type::FLOAT8 => f64::from_sql(ty, raw).map(Self::Float),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON => {
                Ok(Self::Text(std::str::from_utf8(raw)?))
            }
            Type::JSONB => match raw.split_first() {
                Some((1, text)) => Ok(Self::Text(std::str::from_utf8(text)?)),
                _ => Err("an unknown version of jsonb".into()),
            },
            Type::BYTEA => Ok(Self::Bytes(raw)),
            Type::UUID => Uuid::from_sql(ty, raw).map(Self::Uuid),
            _ => Err(format!("columns of type {ty} are not read; cast it in the statement").into()),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The column as the layer sees it.
pub fn cell(row: &tokio_postgres::Row, index: usize) -> Result<Cell<'_>, String> {
    row.try_get(index).map_err(|error| super::reason(&error))
}
