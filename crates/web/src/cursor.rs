//! Keyset paging: a cursor is the sort key of the last row shown, opaque to the caller.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use garde::Validate;
use kernel::Code;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Problem;

const DEFAULT_LIMIT: u32 = 50;

/// `?limit=&cursor=` of every list.
#[derive(Debug, Clone, Default, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows on a page, 1 to 100; 50 unless told.
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 1024))]
    pub cursor: Option<String>,
}

impl PageQuery {
    /// Rows to show.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// The sort key to begin after, if a cursor was given.
    pub fn after<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        self.cursor.as_deref().map(decode).transpose()
    }
}

/// Makes a cursor of a sort key.
pub fn encode<T: Serialize>(key: &T) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// Reads a cursor back into a sort key.
pub fn decode<T: DeserializeOwned>(cursor: &str) -> Result<T, Problem> {
    URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(|| {
        Problem::new(Code::InvalidQuery).detail("The cursor is not one that this list gave. Start without a cursor.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_cursors_only() {
        let key = (17_i64, "conv_x".to_owned());
        assert_eq!(decode::<(i64, String)>(&encode(&key)).unwrap(), key);
        assert_eq!(decode::<i64>("%%%").unwrap_err().code(), Code::InvalidQuery);
        assert_eq!(decode::<i64>(&encode(&"text")).unwrap_err().code(), Code::InvalidQuery);
    }
}
