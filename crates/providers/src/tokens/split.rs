//! Cutting a text into the pieces that tokens never reach across.
//!
//! What the expressions of tiktoken's `o200k_base` and `cl100k_base` say
//! (<https://github.com/openai/tiktoken>, `tiktoken_ext/openai_public.py`), written out as
//! one pass without going back further than a piece. Tests compare it with the expressions.

/// What a character is to them. The numbers are those of the build script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// None of the others: punctuation, symbols.
    Other = 0,
    /// Lu and Lt.
    Upper = 1,
    /// Ll.
    Lower = 2,
    /// Lm and Lo: upper and lower at once.
    Both = 3,
    /// M: no letter, but within words like one.
    Mark = 4,
    /// N.
    Number = 5,
    Space = 6,
    /// `\r` and `\n`, which are space too.
    Newline = 7,
}

use Class::{Both, Lower, Mark, Newline, Number, Other, Space, Upper};

static TABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/classes.bin"));
const BLOCKS: usize = 0x1100;

static ASCII: [Class; 128] = {
    let mut classes = [Other; 128];
    let mut byte = 0;
    while byte < 128 {
        classes[byte as usize] = Class::of_ascii(byte);
        byte += 1;
    }
    classes
};

impl Class {
    #[inline]
    fn of(c: char) -> Self {
        let code = c as usize;
        let row = TABLE.get(code >> 8).copied().unwrap_or(0);
        match TABLE.get(BLOCKS + usize::from(row) * 256 + (code & 0xFF)).copied().unwrap_or(0) {
            1 => Upper,
            2 => Lower,
            3 => Both,
            4 => Mark,
            5 => Number,
            6 => Space,
            7 => Newline,
            _ => Other,
        }
    }

    /// The same for the first 128, of which most texts are.
    const fn of_ascii(byte: u8) -> Self {
        match byte {
            b'A'..=b'Z' => Upper,
            b'a'..=b'z' => Lower,
            b'0'..=b'9' => Number,
            b'\r' | b'\n' => Newline,
            b'\t' | 0x0B | 0x0C | b' ' => Space,
            _ => Other,
        }
    }

    const fn is_letter(self) -> bool {
        matches!(self, Upper | Lower | Both)
    }

    const fn is_space(self) -> bool {
        matches!(self, Space | Newline)
    }

    /// Whether it may stand before a word and belong to it.
    const fn may_lead(self) -> bool {
        matches!(self, Other | Space | Mark)
    }

    /// `[^\s\p{L}\p{N}]`.
    const fn is_sign(self) -> bool {
        matches!(self, Other | Mark)
    }
}

/// How a vocabulary wants its texts cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    O200k,
    Cl100k,
}

/// The pieces of a text, in order and without gaps.
pub(super) struct Pieces<'a> {
    rule: Rule,
    text: &'a str,
    at: usize,
}

impl<'a> Pieces<'a> {
    pub fn new(rule: Rule, text: &'a str) -> Self {
        Self { rule, text, at: 0 }
    }

    /// The class of the character at `at`, and where the next one begins.
    #[inline]
    fn peek(&self, at: usize) -> Option<(Class, usize)> {
        let byte = *self.text.as_bytes().get(at)?;
        match ASCII.get(usize::from(byte)) {
            Some(class) => Some((*class, at + 1)),
            None => self.peek_further(at),
        }
    }

    fn peek_further(&self, at: usize) -> Option<(Class, usize)> {
        let c = self.text.get(at..)?.chars().next()?;
        Some((Class::of(c), at + c.len_utf8()))
    }

    /// Where the run of such characters ends that begins at `at`.
    #[inline]
    fn run(&self, mut at: usize, is_part: impl Fn(Class) -> bool) -> usize {
        while let Some((class, next)) = self.peek(at)
            && is_part(class)
        {
            at = next;
        }
        at
    }

    fn end(&self) -> Option<usize> {
        let (first, next) = self.peek(self.at)?;
        let word = match self.rule {
            Rule::O200k => self.cased_word(first, next),
            Rule::Cl100k => self.contraction(self.at).or_else(|| self.word(first, next)),
        };
        word.or_else(|| (first == Number).then(|| self.number(next)))
            .or_else(|| self.signs(first, next))
            .or_else(|| Some(self.spaces(next)))
    }

    /// A word of at most one case after the other, with what leads it and a contraction.
    fn cased_word(&self, first: Class, next: usize) -> Option<usize> {
        let within = |class: Class| class.is_letter() || class == Mark;
        // Most of what could lead a word does not.
        let lead = (first.may_lead() && self.peek(next).is_some_and(|(class, _)| within(class))).then_some(next);
        if lead.is_none() && !within(first) {
            return None;
        }
        let end = lead
            .and_then(|start| self.lower_word(start))
            .or_else(|| self.lower_word(self.at))
            .or_else(|| lead.and_then(|start| self.upper_word(start)))
            .or_else(|| self.upper_word(self.at))?;
        Some(self.contraction(end).unwrap_or(end))
    }

    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`
    fn lower_word(&self, start: usize) -> Option<usize> {
        // Of those that are upper and lower at once, where the last one ends.
        let (mut at, mut last_both) = (start, None);
        while let Some((class, next)) = self.peek(at) {
            match class {
                Both | Mark => last_both = Some(next),
                Upper => {}
                Lower => return Some(self.run(next, |class| matches!(class, Lower | Both | Mark))),
                _ => break,
            }
            at = next;
        }
        last_both
    }

    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`
    fn upper_word(&self, start: usize) -> Option<usize> {
        let upper = self.run(start, |class| matches!(class, Upper | Both | Mark));
        (upper > start).then(|| self.run(upper, |class| matches!(class, Lower | Both | Mark)))
    }

    /// `[^\r\n\p{L}\p{N}]?\p{L}+`
    fn word(&self, first: Class, next: usize) -> Option<usize> {
        let start = if first.is_letter() { self.at } else { next };
        let end = self.run(start, Class::is_letter);
        (end > start && (first.is_letter() || first.may_lead())).then_some(end)
    }

    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)` at `at`.
    fn contraction(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?.strip_prefix('\'')?;
        let mut chars = rest.chars();
        let first = chars.next()?;
        let length = match first.to_ascii_lowercase() {
            's' | 't' | 'm' | 'd' => 1,
            // The long s is an s, upper and lower case alike.
            'ſ' => 'ſ'.len_utf8(),
            'r' | 'v' if matches!(chars.next(), Some('e' | 'E')) => 2,
            'l' if matches!(chars.next(), Some('l' | 'L')) => 2,
            _ => return None,
        };
        Some(at + 1 + length)
    }

    /// `\p{N}{1,3}`, of which one was read.
    fn number(&self, mut at: usize) -> usize {
        for _ in 0..2 {
            match self.peek(at) {
                Some((Number, next)) => at = next,
                _ => break,
            }
        }
        at
    }

    /// ` ?[^\s\p{L}\p{N}]+[\r\n/]*`; without the slash for cl100k.
    fn signs(&self, first: Class, next: usize) -> Option<usize> {
        let start = if self.text.as_bytes().get(self.at) == Some(&b' ') { next } else { self.at };
        if start == self.at && !first.is_sign() {
            return None;
        }
        let mut end = self.run(start, Class::is_sign);
        if end == start {
            return None;
        }
        let slash = self.rule == Rule::O200k;
        while let Some(b'\r' | b'\n' | b'/') = self.text.as_bytes().get(end).filter(|byte| slash || **byte != b'/') {
            end += 1;
        }
        Some(end)
    }

    /// White space, of which one character was read: up to its last line break, else without
    /// its last character if something follows.
    fn spaces(&self, next: usize) -> usize {
        let (mut at, mut before, mut line) = (self.at, self.at, None);
        while let Some((class, after)) = self.peek(at)
            && class.is_space()
        {
            if class == Newline {
                line = Some(after);
            }
            (before, at) = (at, after);
        }
        let to_the_end = at == self.text.len();
        match line {
            // cl100k takes white space at the end as a whole.
            Some(line) if !(to_the_end && self.rule == Rule::Cl100k) => line,
            _ if to_the_end => at,
            _ => before.max(next),
        }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let end = self.end()?;
        let piece = self.text.get(self.at..end)?;
        self.at = end;
        Some(piece)
    }
}
