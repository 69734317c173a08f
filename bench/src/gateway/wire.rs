//! Just enough HTTP/1.1 to tell where a message ends. The loader and the upstream share one
//! core with each other; a full client and server would be what is measured.

use anyhow::{Context as _, bail};

/// Headers that any of the servers may send.
const HEADERS: usize = 64;

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    Exactly(usize),
    Chunked,
}

/// The head of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Bytes of the head, its empty line included.
    pub end: usize,
    /// A response's status; 0 for a request.
    pub status: u16,
    pub length: Length,
    /// Whether the connection ends with this message.
    pub closes: bool,
}

/// Reads the head of a response; none: it is not complete yet.
pub fn response_head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(end) = response.parse(bytes)? else { return Ok(None) };
    let status = response.code.context("no status")?;
    head(end, status, response.headers).map(Some)
}

/// Reads the head of a request; none: it is not complete yet.
pub fn request_head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(end) = request.parse(bytes)? else { return Ok(None) };
    head(end, 0, request.headers).map(Some)
}

/// The value of a header of a response that is in `bytes` from the first on.
pub fn response_header<'a>(bytes: &'a [u8], name: &str) -> Option<&'a str> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    response.parse(bytes).ok()?;
    let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(header.value).ok()
}

fn head(end: usize, status: u16, headers: &[httparse::Header<'_>]) -> anyhow::Result<Head> {
    let mut head = Head { end, status, length: Length::Exactly(0), closes: false };
    for header in headers {
        if header.name.eq_ignore_ascii_case("content-length") {
            head.length = Length::Exactly(std::str::from_utf8(header.value)?.trim().parse()?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            head.length = Length::Chunked;
        } else if header.name.eq_ignore_ascii_case("connection") {
            head.closes = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    Ok(head)
}

/// A body that arrives bit by bit, as far as it has been looked at.
#[derive(Debug, Clone, Copy)]
pub struct Body {
    length: Length,
    /// Where the next chunk's size line, or the body, begins.
    at: usize,
}

impl Body {
    /// The body of the message that has this head.
    pub const fn of(head: &Head) -> Self {
        Self { length: head.length, at: head.end }
    }

    /// Where the message ends, once it is whole in `bytes`.
    pub fn end(&mut self, bytes: &[u8]) -> anyhow::Result<Option<usize>> {
        match self.length {
            Length::Exactly(length) => Ok((bytes.len() >= self.at + length).then_some(self.at + length)),
            Length::Chunked => loop {
                let rest = bytes.get(self.at..).unwrap_or_default();
                match httparse::parse_chunk_size(rest) {
                    Ok(httparse::Status::Complete((line, size))) => {
                        // A trailer would stand before the last empty line; nobody here sends one.
                        let end = self.at + line + usize::try_from(size)? + 2;
                        if bytes.len() < end {
                            return Ok(None);
                        }
                        self.at = end;
                        if size == 0 {
                            return Ok(Some(end));
                        }
                    }
                    Ok(httparse::Status::Partial) => return Ok(None),
                    Err(_) => bail!("a chunk without a size"),
                }
            },
        }
    }
}

/// One chunk of a chunked body.
pub fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

/// What ends a chunked body.
pub const LAST_CHUNK: &str = "0\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    /// The message's end as found when its bytes come one at a time.
    fn end_bit_by_bit(message: &[u8]) -> Option<(usize, usize)> {
        let mut body: Option<Body> = None;
        for arrived in 1..=message.len() {
            let bytes = &message[..arrived];
            if body.is_none() {
                body = response_head(bytes).unwrap().as_ref().map(Body::of);
            }
            if let Some(end) = body.as_mut().and_then(|body| body.end(bytes).unwrap()) {
                return Some((end, arrived));
            }
        }
        None
    }

    #[test]
    fn a_message_ends_where_its_head_says() {
        let message = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200";
        let end = message.len() - "HTTP/1.1 200".len();
        assert_eq!(end_bit_by_bit(message), Some((end, end)));
        assert_eq!(end_bit_by_bit(&message[..end - 1]), None);
    }

    #[test]
    fn a_chunked_message_ends_with_its_empty_chunk() {
        let mut message = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
        // An end of a body within a chunk is not one.
        message += &(chunk("data: 1\r\n0\r\n\r\n") + &chunk(&"x".repeat(300)) + LAST_CHUNK);
        assert_eq!(end_bit_by_bit(message.as_bytes()), Some((message.len(), message.len())));
    }

    #[test]
    fn a_head_tells_status_length_and_other_headers() {
        let message = b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let head = response_head(message).unwrap().unwrap();
        assert_eq!(head, Head { end: message.len(), status: 429, length: Length::Exactly(0), closes: true });
        assert_eq!(response_header(message, "retry-after"), Some("1"));
        assert_eq!(response_header(message, "age"), None);
        let request = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 12\r\n\r\n";
        assert_eq!(request_head(request).unwrap().unwrap().length, Length::Exactly(12));
    }
}
