//! Files: upload and download. What a file is, its bytes decide.

use imagesize::ImageType;
use kernel::FileId;

use super::Caller;
use crate::{Chat, error::ChatError, model::File, store};

/// Bytes of a file, at the most.
pub const MAX_FILE: usize = 10 * 1024 * 1024;
/// Pixels of an image, at the most: more would flood whoever decodes it.
const MAX_PIXELS: usize = 50_000_000;
/// Characters of a file's name that are kept.
const MAX_NAME: usize = 200;

/// A file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    pub name: String,
    pub media_type: String,
    pub content: Vec<u8>,
}

impl Chat {
    /// Keeps an image. `name` is only shown, never used as a path.
    pub async fn upload_file(&self, caller: Caller, name: &str, content: Vec<u8>) -> Result<File, ChatError> {
        if content.len() > MAX_FILE {
            return Err(ChatError::FileTooLarge(MAX_FILE));
        }
        let (media_type, extension) = sniff(&content).ok_or(ChatError::UnsupportedFile)?;
        let size = imagesize::blob_size(&content).map_err(|_| ChatError::UnsupportedFile)?;
        if size.width == 0 || size.height == 0 || size.width.saturating_mul(size.height) > MAX_PIXELS {
            let message = format!(
                "an image may have {} million pixels at the most, and this one has {} × {}",
                MAX_PIXELS / 1_000_000,
                size.width,
                size.height
            );
            return Err(ChatError::field("file", "too_many_pixels", message));
        }
        let engine = self.engine();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let file = File {
            id: engine.env.id(),
            name: shown_name(name, extension),
            media_type: media_type.to_owned(),
            size: count(content.len()),
            width: Some(count(size.width)),
            height: Some(count(size.height)),
            created_at: engine.env.now(),
        };
        store::files::insert(&engine.db, &caller.scope, caller.user, &file, content).await?;
        Ok(file)
    }

    pub async fn get_file(&self, caller: Caller, id: FileId) -> Result<File, ChatError> {
        store::files::find(&self.engine().db, &caller.scope, caller.user, id).await?.ok_or(ChatError::NotFound("file"))
    }

    pub async fn get_file_content(&self, caller: Caller, id: FileId) -> Result<StoredFile, ChatError> {
        let (name, media_type, content) = store::files::content(&self.engine().db, &caller.scope, caller.user, id)
            .await?
            .ok_or(ChatError::NotFound("file"))?;
        Ok(StoredFile { name, media_type, content })
    }
}

/// The media type and the extension of an image that we take, by its first bytes.
fn sniff(content: &[u8]) -> Option<(&'static str, &'static str)> {
    match imagesize::image_type(content).ok()? {
        ImageType::Png => Some(("image/png", "png")),
        ImageType::Jpeg => Some(("image/jpeg", "jpg")),
        ImageType::Webp => Some(("image/webp", "webp")),
        ImageType::Gif => Some(("image/gif", "gif")),
        _ => None,
    }
}

/// The last segment of a name, without control characters; a name of ours if nothing is left.
fn shown_name(name: &str, extension: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(MAX_NAME).collect();
    let name = name.trim();
    if name.trim_matches('.').is_empty() { format!("image.{extension}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_shown() {
        for (name, shown) in [
            ("plan.png", "plan.png"),
            ("../../etc/passwd", "passwd"),
            (r"C:\temp\kế hoạch.png", "kế hoạch.png"),
            ("a\r\nSet-Cookie: x.png", "aSet-Cookie: x.png"),
            ("..", "image.png"),
            ("", "image.png"),
        ] {
            assert_eq!(shown_name(name, "png"), shown);
        }
        assert_eq!(shown_name(&"x".repeat(500), "png").len(), MAX_NAME);
    }

    #[test]
    fn bytes_decide_what_a_file_is() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Some(("image/png", "png")));
        assert_eq!(sniff(b"GIF89a\x01\0\x01\0\0\0\0"), Some(("image/gif", "gif")));
        for refused in [
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".as_slice(),
            b"MZ\x90\0\x03\0\0\0\x04\0\0\0",
            b"",
            b"%PDF-1.7 and more",
        ] {
            assert_eq!(sniff(refused), None);
        }
    }
}
