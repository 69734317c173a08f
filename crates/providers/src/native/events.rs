//! Cuts a stream of bytes into server-sent events, without copying those that come whole.
//!
//! Source: the HTML standard, 9.2.6: lines end with CR, LF or CRLF; an empty line ends an
//! event. Invariants: what goes in comes out, in order, except for empty lines between events;
//! no event is longer than [`MOST`]; the cost is linear however small the pieces are.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use memchr::{memchr2, memmem};
use serde::de::IgnoredAny;

use crate::client::Fault;

/// Most bytes of one event.
const MOST: usize = 1024 * 1024;

/// Holds what has come of an event that is not whole yet.
#[derive(Default)]
pub(super) struct Cutter {
    /// The piece that came last, as far as it is not cut up.
    piece: Bytes,
    /// The beginning of an event whose end is to come.
    rest: BytesMut,
    /// How far `rest` holds no end of an event.
    searched: Searched,
}

impl Cutter {
    /// Takes the next piece; only when [`Cutter::next`] has nothing more.
    pub fn push(&mut self, piece: Bytes) {
        if self.rest.is_empty() {
            self.piece = piece;
        } else {
            self.rest.extend_from_slice(&piece);
        }
    }

    /// The next whole event.
    pub fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        let too_large = Err(Fault::Protocol("one event of its stream is too large"));
        if !self.rest.is_empty() {
            let event = match end(&self.rest, self.searched) {
                Ok(end) => self.rest.split_to(end).freeze(),
                Err(searched) => {
                    self.searched = searched;
                    return if self.rest.len() > MOST { too_large } else { Ok(None) };
                }
            };
            self.searched = Searched::default();
            // What follows was copied already, so it may as well be a piece of its own.
            self.piece = self.rest.split().freeze();
            if event.len() > MOST {
                return too_large;
            }
            if let Some(event) = trimmed(event) {
                return Ok(Some(event));
            }
        }
        loop {
            match end(&self.piece, Searched::default()) {
                Ok(end) => {
                    let event = self.piece.split_to(end);
                    if event.len() > MOST {
                        return too_large;
                    }
                    if let Some(event) = trimmed(event) {
                        return Ok(Some(event));
                    }
                }
                Err(searched) => {
                    self.rest.extend_from_slice(&self.piece);
                    self.piece = Bytes::new();
                    self.searched = searched;
                    return if self.rest.len() > MOST { too_large } else { Ok(None) };
                }
            }
        }
    }
}

/// How far one has looked for the end of an event.
#[derive(Default, Clone, Copy)]
struct Searched {
    /// Where the last line begins.
    line: usize,
    /// Up to where it holds no end.
    to: usize,
}

/// Where the first event ends; if none does, how far one need not look again.
fn end(bytes: &[u8], mut from: Searched) -> Result<usize, Searched> {
    loop {
        let rest = bytes.get(from.to..).unwrap_or_default();
        let Some(length) = memchr2(b'\n', b'\r', rest) else {
            return Err(Searched { to: bytes.len(), ..from });
        };
        let at = from.to + length;
        let crlf = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
        let after = at + 1 + usize::from(crlf);
        if at == from.line {
            return Ok(after);
        }
        // The second half of CRLF may be to come: look at this line again.
        if after == bytes.len() && bytes.ends_with(b"\r") {
            return Err(Searched { to: at, ..from });
        }
        from = Searched { line: after, to: after };
    }
}

/// The event without empty lines before it; none if it is nothing else.
fn trimmed(mut event: Bytes) -> Option<Bytes> {
    let empty = event.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    if empty > 0 {
        let _ = event.split_to(empty);
    }
    (!event.is_empty()).then_some(event)
}

/// The data of an event; none if it has none.
pub(super) fn data(event: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut data: Option<Cow<'_, [u8]>> = None;
    for line in lines(event) {
        let Some(value) = line.strip_prefix(b"data") else { continue };
        let value = match value {
            [] => &[][..],
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            _ => continue,
        };
        match &mut data {
            None => data = Some(Cow::Borrowed(value)),
            Some(before) => {
                let before = before.to_mut();
                before.push(b'\n');
                before.extend_from_slice(value);
            }
        }
    }
    data
}

fn lines(event: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = event;
    std::iter::from_fn(move || {
        let length = memchr2(b'\n', b'\r', rest)?;
        let line = rest.get(..length)?;
        let crlf = rest.get(length..length + 2) == Some(b"\r\n");
        rest = rest.get(length + 1 + usize::from(crlf)..).unwrap_or_default();
        Some(line)
    })
}

/// The event with `null` where it tells figures, wherever in it. All else stays as it is.
pub(super) fn without_usage(event: Bytes) -> Bytes {
    const NAME: &[u8] = b"\"usage\"";
    let mut out = BytesMut::new();
    let mut rest: &[u8] = &event;
    while let Some(at) = memmem::find(rest, NAME) {
        let (before, after) = rest.split_at(at + NAME.len());
        out.extend_from_slice(before);
        rest = after;
        // In a text the quotes would have been escaped, so this is a name; or a value, without a colon.
        let value = after.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        if let Some(value) = value.filter(|value| value.first() == Some(&b'{')) {
            let mut figures = serde_json::Deserializer::from_slice(value).into_iter::<IgnoredAny>();
            if let Some(Ok(_)) = figures.next() {
                out.extend_from_slice(b":null");
                rest = value.get(figures.byte_offset()..).unwrap_or_default();
            }
        }
    }
    if out.is_empty() {
        return event;
    }
    out.extend_from_slice(rest);
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn figures_are_taken_out_and_nothing_else() {
        for (event, without) in [
            (
                r#"data: {"choices":[{"x":1}], "usage" : {"a":{"b":"}"}}, "odd":1}"#,
                r#"data: {"choices":[{"x":1}], "usage":null, "odd":1}"#,
            ),
            (r#"data: {"x_groq":{"usage":{"a":1}},"usage":{}}"#, r#"data: {"x_groq":{"usage":null},"usage":null}"#),
            (
                r#"data: {"text":"the \"usage\":{\"a\":1}","usage":null}"#,
                r#"data: {"text":"the \"usage\":{\"a\":1}","usage":null}"#,
            ),
            (r#"data: {"kind":"usage","b":{}}"#, r#"data: {"kind":"usage","b":{}}"#),
            ("data: {}", "data: {}"),
        ] {
            let event = format!("{event}\n\n");
            assert_eq!(without_usage(event.into()), format!("{without}\n\n"));
        }
    }

    fn cut(pieces: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
        let mut cutter = Cutter::default();
        let mut events = Vec::new();
        for piece in pieces {
            cutter.push(piece.into());
            while let Some(event) = cutter.next().unwrap() {
                events.push(event.to_vec());
            }
        }
        events
    }

    fn strings(events: &[Vec<u8>]) -> Vec<String> {
        events.iter().map(|event| String::from_utf8_lossy(event).into_owned()).collect()
    }

    #[test]
    fn every_line_ending_cuts() {
        for ending in ["\n", "\r\n", "\r"] {
            let stream = "event: a\ndata: 1\n\n: note\n\ndata:2\ndata: 3\n\n\ndata: half".replace('\n', ending);
            let events = cut([stream.clone().into_bytes()]);
            let expected = ["event: a\ndata: 1\n\n", ": note\n\n", "data:2\ndata: 3\n\n"];
            assert_eq!(strings(&events), expected.map(|event| event.replace('\n', ending)));
            assert_eq!(data(&events[0]).unwrap().as_ref(), b"1");
            assert_eq!(data(&events[1]), None);
            assert_eq!(data(&events[2]).unwrap().as_ref(), b"2\n3");
        }
    }

    #[test]
    fn acceptance_40_an_event_has_a_most() {
        let mut cutter = Cutter::default();
        let refused = (0..40).any(|_| {
            cutter.push(vec![b'x'; 64 * 1024].into());
            cutter.next().is_err()
        });
        assert!(refused);
        let mut cutter = Cutter::default();
        cutter.push([vec![b'x'; 2 * MOST], b"\n\n".to_vec()].concat().into());
        assert!(cutter.next().is_err(), "also when it comes at once");
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            lines in prop::collection::vec(("(data: ?|: )?[a-zé]{0,8}", prop::sample::select(vec!["\n", "\r\n", "\r"])), 0..20),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let stream: Vec<u8> = lines.iter().flat_map(|(line, end)| format!("{line}{end}").into_bytes()).collect();
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
            places.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for place in places.into_iter().chain([stream.len()]) {
                pieces.push(stream[from..place].to_vec());
                from = place;
            }
            let data_of = |events: Vec<Vec<u8>>| -> Vec<_> {
                events.iter().filter_map(|event| data(event).map(|data| String::from_utf8_lossy(&data).into_owned())).collect()
            };
            prop_assert_eq!(data_of(cut(pieces)), data_of(cut([stream])));
        }
    }
}
