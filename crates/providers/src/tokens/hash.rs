//! How a token finds its place in the table of a vocabulary. The build script writes the table
//! and includes this file too, so it stands alone.

/// Bits of a place that say which token it holds; the rest tells most wrong ones at once.
pub const RANK_BITS: u32 = 18;
/// An empty place.
pub const EMPTY: u32 = u32::MAX;

/// Of the family of FxHash: a word at a time, then mixed so that every bit is of use.
#[inline]
pub fn hash(token: &[u8]) -> u64 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(K);
    let mut hash = mix(token.len() as u64, last_word(token));
    let (words, _) = token.as_chunks::<8>();
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    (hash ^ hash >> 32).wrapping_mul(K)
}

/// The last eight bytes; of fewer all of them, some twice.
#[inline]
fn last_word(token: &[u8]) -> u64 {
    if let Some(word) = token.last_chunk::<8>() {
        return u64::from_le_bytes(*word);
    }
    if let (Some(first), Some(last)) = (token.first_chunk::<4>(), token.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    match *token {
        [a, b, c] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
        [a, b] => u64::from(a) | u64::from(b) << 8,
        [a] => u64::from(a),
        _ => 0,
    }
}

/// Where to look first, in a table of `1 << bits` places.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "no more bits are left than the table has")]
pub fn first(hash: u64, bits: u32) -> usize {
    // The high bits are the best mixed.
    (hash >> (64 - bits)) as usize
}

/// What a place holds besides the rank.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "any of the bits will do")]
pub fn mark(hash: u64) -> u32 {
    (hash as u32) >> RANK_BITS
}
