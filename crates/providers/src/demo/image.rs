//! The size of an image, from the first bytes of its file.
//!
//! PNG (RFC 2083, 4.1.1), GIF (89a, 18), JPEG (ITU T.81, B.2.2) and WebP (RFC 9649).

/// Width and height in pixels; none if the bytes are no image of a known kind.
pub(super) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    png(bytes).or_else(|| gif(bytes)).or_else(|| jpeg(bytes)).or_else(|| webp(bytes))
}

fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(8..16)?;
    let number = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    Some((number(0)?, number(4)?))
}

fn gif(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(b"GIF8")?.get(2..6)?;
    Some((little_endian(header, 0, 2)?, little_endian(header, 2, 2)?))
}

fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        let (marker, after) = (rest.get(..2)?, rest.get(2..)?);
        if marker.first() != Some(&0xFF) {
            return None;
        }
        let length = usize::from(u16::from_be_bytes(after.get(..2)?.try_into().ok()?));
        // Start of frame: every C0..CF but the tables C4, C8 and CC.
        if matches!(marker.get(1)?, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF) {
            let number = |at: usize| Some(u32::from(u16::from_be_bytes(after.get(at..at + 2)?.try_into().ok()?)));
            return Some((number(5)?, number(3)?));
        }
        rest = after.get(length.max(2)..)?;
    }
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let chunk = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WEBP")?;
    match chunk.get(..4)? {
        b"VP8X" => Some((little_endian(chunk, 12, 3)? + 1, little_endian(chunk, 15, 3)? + 1)),
        b"VP8 " => Some((little_endian(chunk, 14, 2)? & 0x3FFF, little_endian(chunk, 16, 2)? & 0x3FFF)),
        b"VP8L" => {
            let bits = little_endian(chunk, 9, 4)?;
            Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1))
        }
        _ => None,
    }
}

fn little_endian(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(bytes.get(at..at + length)?.iter().rev().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn reads_the_size_of_each_kind() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x06";
        assert_eq!(size(png), Some((640, 480)));
        assert_eq!(size(b"GIF89a\x10\x00\x20\x00\x00"), Some((16, 32)));
        let jpeg = b"\xFF\xD8\xFF\xE0\x00\x04ab\xFF\xC0\x00\x11\x08\x00\x30\x00\x40\x03";
        assert_eq!(size(jpeg), Some((64, 48)));
        let webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x63\0\0\x31\0\0";
        assert_eq!(size(webp), Some((100, 50)));
        for broken in [&b""[..], b"\x89PNG\r\n\x1a\n", b"\xFF\xD8\xFF\xE0\0\0", b"plain text"] {
            assert_eq!(size(broken), None);
        }
    }
}
