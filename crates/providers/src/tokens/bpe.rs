//! Byte pair encoding, as far as counting needs it.
//!
//! The vocabulary lies in the program file as the build script wrote it, so there is nothing
//! to load, and memory is taken only by the pages that are read: 4 MB at the most for o200k.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    hash,
    split::{Pieces, Rule},
};

/// Of pieces up to this long, the next merge is looked for by going through all of them.
const SHORT: usize = 96;
/// Longer pieces, which no text of people has, are counted a slice at a time: a token too many
/// at each border, and no more memory however long they are.
const SLICE: usize = 64 * 1024;
/// No merge.
const NONE: u32 = u32::MAX;

/// A tokenizer that can count.
#[derive(Clone, Copy)]
pub(super) struct Bpe {
    rule: Rule,
    vocabulary: Vocabulary,
}

#[derive(Clone, Copy)]
struct Vocabulary {
    bits: u32,
    /// The ranks of pairs of bytes, which are asked for most.
    pairs: &'static [[u8; 4]],
    places: &'static [[u8; 4]],
    starts: &'static [[u8; 4]],
    tokens: &'static [u8],
}

static O200K: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/o200k.bin"));
static CL100K: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cl100k.bin"));

impl Vocabulary {
    /// The parts of a file of the build script.
    fn of(file: &'static [u8]) -> Self {
        let number =
            |at: usize| file.get(at * 4..).and_then(<[u8]>::first_chunk::<4>).map_or(0, |n| u32::from_le_bytes(*n));
        let (count, bits) = (number(0) as usize, number(1));
        let numbers = |from: usize, to: usize| file.get(from * 4..to * 4).unwrap_or_default().as_chunks().0;
        let places = 2 + (1 << 16);
        let starts = places + (1 << bits);
        let tokens = starts + count + 1;
        Self {
            bits,
            pairs: numbers(2, places),
            places: numbers(places, starts),
            starts: numbers(starts, tokens),
            tokens: file.get(tokens * 4..).unwrap_or_default(),
        }
    }

    fn token(&self, rank: u32) -> &'static [u8] {
        let rank = rank as usize;
        let start = |rank: usize| self.starts.get(rank).map_or(0, |at| u32::from_le_bytes(*at) as usize);
        self.tokens.get(start(rank)..start(rank + 1)).unwrap_or_default()
    }

    /// The rank of a token: the lower, the earlier it is merged.
    #[inline]
    fn rank(&self, token: &[u8]) -> Option<u32> {
        if let [a, b] = *token {
            let rank = u32::from_le_bytes(*self.pairs.get(usize::from(a) << 8 | usize::from(b))?);
            return (rank != hash::EMPTY).then_some(rank);
        }
        let hashed = hash::hash(token);
        let mark = hash::mark(hashed);
        let mut place = hash::first(hashed, self.bits);
        loop {
            let held = u32::from_le_bytes(*self.places.get(place)?);
            if held == hash::EMPTY {
                return None;
            }
            let rank = held & ((1 << hash::RANK_BITS) - 1);
            if held >> hash::RANK_BITS == mark && self.token(rank) == token {
                return Some(rank);
            }
            place = (place + 1) & (self.places.len() - 1);
        }
    }
}

impl Bpe {
    pub fn o200k() -> Self {
        Self { rule: Rule::O200k, vocabulary: Vocabulary::of(O200K) }
    }

    pub fn cl100k() -> Self {
        Self { rule: Rule::Cl100k, vocabulary: Vocabulary::of(CL100K) }
    }

    /// The tokens of a text; what looks like a special token counts as the text that it is.
    pub fn count(&self, text: &str) -> u64 {
        Pieces::new(self.rule, text).map(|piece| self.tokens(piece.as_bytes()) as u64).sum()
    }

    fn tokens(&self, piece: &[u8]) -> usize {
        if piece.len() < 2 || self.vocabulary.rank(piece).is_some() {
            return 1;
        }
        if piece.len() <= SHORT {
            return self.merge_short(piece);
        }
        piece.chunks(SLICE).map(|slice| self.merge_long(slice)).sum()
    }

    /// The rank of what stands between two places; none beyond the end.
    fn between(&self, piece: &[u8], start: usize, end: Option<usize>) -> u32 {
        end.and_then(|end| self.vocabulary.rank(piece.get(start..end)?)).unwrap_or(NONE)
    }

    /// The parts that are left when all merges are done, the lowest rank first and of equal
    /// ones the leftmost. Quadratic, and the fastest for a few letters.
    fn merge_short(&self, piece: &[u8]) -> usize {
        // Where each part begins, and the rank of it and the next one together; then the end.
        let (mut starts, mut ranks) = ([0_u8; SHORT + 1], [NONE; SHORT + 1]);
        let mut count = piece.len().min(SHORT);
        for (at, (start, rank)) in starts.iter_mut().zip(&mut ranks).enumerate().take(count + 1) {
            // No piece is longer than a byte can say.
            *start = u8::try_from(at).unwrap_or(u8::MAX);
            *rank = self.between(piece, at, Some(at + 2));
        }
        loop {
            let Some((at, rank)) = ranks.iter().take(count).copied().enumerate().min_by_key(|(_, rank)| *rank) else {
                return count;
            };
            if rank == NONE {
                return count;
            }
            starts.copy_within(at + 2..=count, at + 1);
            ranks.copy_within(at + 2..=count, at + 1);
            count -= 1;
            let start = |at: usize| starts.get(at).filter(|_| at <= count).map(|start| usize::from(*start));
            let mut renew = |at: usize| {
                let merged = start(at).map_or(NONE, |from| self.between(piece, from, start(at + 2)));
                if let Some(rank) = ranks.get_mut(at) {
                    *rank = merged;
                }
            };
            renew(at);
            if let Some(before) = at.checked_sub(1) {
                renew(before);
            }
        }
    }

    /// The same with a heap: `n log n`, for what people paste.
    fn merge_long(&self, piece: &[u8]) -> usize {
        let end = piece.len();
        // By the byte at which a part begins; a part that was merged away has no rank.
        let mut parts: Vec<Part> = (0..end)
            .map(|at| Part { before: at.checked_sub(1), next: at + 1, rank: self.between(piece, at, Some(at + 2)) })
            .collect();
        let mut heap: BinaryHeap<Reverse<(u32, usize)>> = parts
            .iter()
            .enumerate()
            .filter(|(_, part)| part.rank != NONE)
            .map(|(at, part)| Reverse((part.rank, at)))
            .collect();
        let mut count = end;
        while let Some(Reverse((rank, at))) = heap.pop() {
            let Some(part) = parts.get(at).copied().filter(|part| part.rank == rank) else { continue };
            let Some(gone) = parts.get_mut(part.next) else { continue };
            gone.rank = NONE;
            let next = gone.next;
            count -= 1;
            let after = parts.get(next).map(|after| after.next);
            if let Some(after) = parts.get_mut(next) {
                after.before = Some(at);
            }
            let mut set = |at: usize, next: usize, rank: u32| {
                if let Some(part) = parts.get_mut(at) {
                    (part.next, part.rank) = (next, rank);
                }
                if rank != NONE {
                    heap.push(Reverse((rank, at)));
                }
            };
            set(at, next, self.between(piece, at, after));
            if let Some(before) = part.before {
                set(before, at, self.between(piece, before, Some(next)));
            }
        }
        count
    }
}

#[derive(Clone, Copy)]
struct Part {
    /// Where the one before begins.
    before: Option<usize>,
    /// Where the next one begins.
    next: usize,
    /// Of this and the next one together.
    rank: u32,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tiktoken_rs::CoreBPE;

    use super::*;

    /// Ours beside the one that the vocabularies come from.
    fn both() -> [(&'static str, Bpe, &'static CoreBPE); 3] {
        [
            ("o200k", Bpe::o200k(), tiktoken_rs::o200k_base_singleton()),
            ("cl100k", Bpe::cl100k(), tiktoken_rs::cl100k_base_singleton()),
            ("harmony", Bpe::o200k(), tiktoken_rs::o200k_harmony_singleton()),
        ]
    }

    #[track_caller]
    fn check(text: &str) {
        for (name, ours, theirs) in both() {
            if ours.count(text) != theirs.count_ordinary(text) as u64 {
                let cut: Vec<&str> = Pieces::new(ours.rule, text).collect();
                panic!("{name}: {} for {} in {text:?}: {cut:?}", ours.count(text), theirs.count_ordinary(text));
            }
        }
    }

    #[test]
    fn every_token_is_found_at_its_rank() {
        for (_, ours, theirs) in both() {
            let count = ours.vocabulary.starts.len() - 1;
            for rank in 0..u32::try_from(count).unwrap() {
                let token = theirs.decode_bytes(&[rank]).unwrap();
                assert_eq!(ours.vocabulary.rank(&token), Some(rank));
            }
        }
    }

    #[test]
    fn counts_are_those_of_the_reference() {
        for text in [
            "",
            " ",
            "  \n",
            "\n\n\n",
            " \n  a",
            "a \r\n\t b  ",
            "The quick brown fox; it's WE'LL they'RE I'ſ don't 'tis rock'n'roll",
            "HTMLElement getHTTPResponseCode iPhone McDonald ÀÉÎ Ǆ ǅ ǆ",
            "Tiếng Việt có sáu thanh điệu, và mỗi thanh điệu đổi nghĩa của từ. Tie\u{302}\u{301}ng Vie\u{302}\u{323}t",
            "你好，世界。今天的天气很好。 こんにちは世界 안녕하세요 สวัสดีชาวโลก مرحبا بالعالم नमस्ते दुनिया",
            "🎉🎊 👩‍👩‍👧‍👦 🇻🇳 émoji naïve façade ﬁ ½ ² Ⅷ ٣٤٥٦٧ \u{301}A \u{301}a 1\u{301}",
            "fn main() { println!(\"{:?}\", vec![1, 2, 3]); } // https://example.com/a/b?c=d&e=f#g\n\n/// x\n",
            "1234567890 3.14159 1,000,000 0x1F",
            "a\u{a0}b\u{2028}c\u{85}d\u{feff}e\u{0}f\u{10ffff}",
            "<|endoftext|> <|start|>system<|message|>",
            "/////\n/\r\n// ...!!!??? ----- _____ =====\n\n",
        ] {
            check(text);
        }
        for file in ["split.rs", "bpe.rs", "mod.rs", "../../../../docs/ARCHITECTURE.md", "../../../../Cargo.lock"] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tokens").join(file);
            check(&std::fs::read_to_string(path).unwrap());
        }
    }

    #[test]
    fn long_pieces_are_counted_the_same() {
        for (text, times) in
            [("a", 5000), ("ab", 2000), ("việt", 500), ("=", 3000), ("好", 700), ("🎉", 300), ("xyzzy", 20)]
        {
            check(&text.repeat(times));
        }
        // Not a power of anything, around the border between the two ways.
        for length in SHORT - 2..SHORT + 3 {
            check(&"qwertzuiopasdfghjklyxcvbnm".repeat(5)[..length]);
        }
    }

    #[test]
    fn endless_words_are_counted_in_slices() {
        let (ours, times) = (Bpe::o200k(), 5);
        for word in ["a", "=-", "việt"] {
            let slice = word.repeat(SLICE / word.len());
            let (one, many) = (ours.count(&slice), ours.count(&slice.repeat(times)));
            assert!(many.abs_diff(one * times as u64) <= 8, "{word}: {one}, {many}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn any_text_is_counted_the_same(text in any::<String>()) {
            check(&text);
        }

        #[test]
        fn mixtures_are_counted_the_same(parts in proptest::collection::vec(part(), 0..40)) {
            check(&parts.concat());
        }
    }

    /// What the expressions tell apart.
    fn part() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z]{1,9}",
            "[a-zăâđêôơưáàảãạ]{1,6}",
            "[A-ZÀĐǅʰªªא好\u{301}\u{302}a-c]{1,5}",
            "[0-9٣½]{1,5}",
            "[ \t\r\n\u{a0}\u{2028}]{1,4}",
            "[!-/:-@\\[-`{-~…–🎉€]{1,4}",
            "'(s|S|ſ|t|re|VE|m|Ll|d|x|l)",
        ]
    }
}
