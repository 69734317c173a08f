//! A ZIP file that is written while it is read: nothing of it is kept but the piece on its way.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use tokio::sync::mpsc;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions, write::StreamWriter};

/// Bytes that are packed at a time.
const PIECE: usize = 64 * 1024;

/// Where the packed bytes lie until they are handed on.
#[derive(Clone, Default)]
struct Tray(Arc<Mutex<Vec<u8>>>);

impl Tray {
    fn empty(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Tray {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The file. Whoever reads it sets the pace: no piece is packed before the one before was taken.
pub(crate) struct Zip {
    /// On the heap: it is large, and lives in futures.
    writer: Box<ZipWriter<StreamWriter<Tray>>>,
    tray: Tray,
    out: mpsc::Sender<Result<Bytes, io::Error>>,
}

impl Zip {
    pub fn new(out: mpsc::Sender<Result<Bytes, io::Error>>) -> Self {
        let tray = Tray::default();
        Self { writer: Box::new(ZipWriter::new_stream(tray.clone())), tray, out }
    }

    /// Begins a file in it. Its size is not known yet, so it may be a large one.
    pub fn begin(&mut self, name: &str) -> io::Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
        self.writer.start_file(name, options).map_err(io::Error::other)
    }

    /// An error says that nobody reads any more, or that it can't be written.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(PIECE) {
            self.writer.write_all(piece)?;
            self.hand_on().await?;
        }
        Ok(())
    }

    /// Writes what stands at its end.
    pub async fn finish(self) -> io::Result<()> {
        let tray = self.tray.clone();
        self.writer.finish().map_err(io::Error::other)?;
        send(&tray, &self.out).await
    }

    async fn hand_on(&mut self) -> io::Result<()> {
        send(&self.tray, &self.out).await
    }
}

async fn send(tray: &Tray, out: &mpsc::Sender<Result<Bytes, io::Error>>) -> io::Result<()> {
    let packed = tray.empty();
    if packed.is_empty() {
        return Ok(());
    }
    out.send(Ok(packed.into())).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
}

/// A name that makes a file on every system, and nowhere but where it is unpacked.
pub(crate) fn safe_name(name: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | ' ');
    let name: String = name.chars().map(|letter| if plain(letter) { letter } else { '_' }).take(100).collect();
    let name = name.trim_matches(['.', ' ']).to_owned();
    if name.is_empty() { "file".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::*;

    #[test]
    fn names_stay_inside() {
        for (name, safe) in [
            ("plan.pdf", "plan.pdf"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("C:\\\\windows\\a.txt", "C___windows_a.txt"),
            ("Kế hoạch.docx", "Kế hoạch.docx"),
            ("a\u{202e}b\0c", "a_b_c"),
            ("...", "file"),
            ("", "file"),
        ] {
            assert_eq!(safe_name(name), safe, "{name}");
        }
        assert_eq!(safe_name(&"x".repeat(500)).len(), 100);
    }

    /// Four pieces that don't pack.
    fn noise() -> Vec<u8> {
        (0..65_536_u32).flat_map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
    }

    #[tokio::test]
    async fn no_more_is_packed_than_is_read() {
        let (out, mut pieces) = mpsc::channel(1);
        let mut zip = Zip::new(out);
        let packing = async move {
            zip.begin("zeros").unwrap();
            let noise = noise();
            for _ in 0..32 {
                zip.write(&noise).await.unwrap();
            }
            zip.finish().await.unwrap();
        };
        let mut whole = Vec::new();
        let mut largest = 0;
        let reading = async {
            while let Some(piece) = pieces.recv().await {
                let piece = piece.unwrap();
                largest = largest.max(piece.len());
                whole.extend_from_slice(&piece);
            }
        };
        tokio::join!(packing, reading);
        assert!(largest <= 4 * PIECE, "{largest}");
        let mut read = zip::ZipArchive::new(Cursor::new(whole)).unwrap();
        let mut content = Vec::new();
        read.by_name("zeros").unwrap().read_to_end(&mut content).unwrap();
        assert_eq!(content.len(), 32 * 4 * PIECE);
    }

    #[tokio::test]
    async fn whoever_stops_reading_ends_the_packing() {
        let (out, pieces) = mpsc::channel(1);
        drop(pieces);
        let mut zip = Zip::new(out);
        zip.begin("lines").unwrap();
        assert_eq!(zip.write(&noise()).await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
