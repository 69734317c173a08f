//! `/files`.

use axum::{
    extract::{
        Multipart, State,
        multipart::{MultipartError, MultipartRejection},
    },
    response::{IntoResponse, Response},
};
use contracts::tenancy::can;
use http::{HeaderValue, StatusCode, header};
use kernel::{Code, FileId};
use utoipa::ToSchema;
use web::{Allowed, Json, Path, Problem, ProblemBody};

use super::{Invalid, Refused};
use crate::{Chat, ChatError, MAX_FILE, model::File};

/// A file to upload.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only describes the body")]
pub(super) struct Upload {
    /// A PNG, JPEG, WebP or GIF image of 10 MiB at the most.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
}

/// Upload an image
///
/// What it is, its content decides, not its name. An image that no message shows is deleted
/// after a day.
#[utoipa::path(
    post, path = "/files", operation_id = "upload_file", tag = "Files",
    security(("bearer" = ["chat.write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeating it gives the same file.")),
    request_body(content = Upload, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "It is there.", body = File),
        (status = 413, description = "The file is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content is no image that can be read.", body = ProblemBody, content_type = "application/problem+json"),
        Refused, Invalid,
    )
)]
pub(super) async fn upload_file(
    State(chat): State<Chat>,
    allowed: Allowed<can::WriteChat>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<File>), Problem> {
    let mut multipart = multipart.map_err(|rejection| {
        Problem::new(Code::UnsupportedMediaType)
            .detail(format!("Send the file as `multipart/form-data`: {}.", rejection.body_text()))
    })?;
    while let Some(mut field) = multipart.next_field().await.map_err(|error| unreadable(&error))? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let mut content = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
            if content.len() + chunk.len() > MAX_FILE {
                return Err(ChatError::FileTooLarge(MAX_FILE).into());
            }
            content.extend_from_slice(&chunk);
        }
        let file = chat.upload_file((&allowed).into(), &name, content).await?;
        return Ok((StatusCode::CREATED, Json(file)));
    }
    Err(Problem::field("file", "required", "send an image in a field of this name"))
}

fn unreadable(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ChatError::FileTooLarge(MAX_FILE).into()
    } else {
        Problem::field("", "invalid", format!("the multipart body can't be read: {}", error.body_text()))
    }
}

/// Read what is known of a file
#[utoipa::path(
    get, path = "/files/{id}", operation_id = "get_file", tag = "Files",
    security(("bearer" = ["chat.read"])),
    params(("id" = FileId, Path, description = "The file.")),
    responses((status = 200, description = "The file.", body = File), Refused)
)]
pub(super) async fn get_file(
    State(chat): State<Chat>,
    allowed: Allowed<can::ReadChat>,
    Path(id): Path<FileId>,
) -> Result<Json<File>, Problem> {
    Ok(Json(chat.get_file((&allowed).into(), id).await?))
}

/// Download a file
#[utoipa::path(
    get, path = "/files/{id}/content", operation_id = "get_file_content", tag = "Files",
    security(("bearer" = ["chat.read"])),
    params(("id" = FileId, Path, description = "The file.")),
    responses(
        (status = 200, description = "Its content.", body = web::Binary, content_type = "image/*"),
        Refused,
    )
)]
pub(super) async fn get_file_content(
    State(chat): State<Chat>,
    allowed: Allowed<can::ReadChat>,
    Path(id): Path<FileId>,
) -> Result<Response, Problem> {
    let file = chat.get_file_content((&allowed).into(), id).await?;
    let mut response = file.content.into_response();
    let headers = response.headers_mut();
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_TYPE, value(&file.media_type));
    headers.insert(header::CONTENT_DISPOSITION, value(&disposition(&file.name)));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Should a browser ever take it for a page, it may do nothing.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    // A file never changes; it is its owner's alone.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    Ok(response)
}

/// `Content-Disposition` by RFC 6266: any name as RFC 5987 text, and an ASCII one for old clients.
fn disposition(name: &str) -> String {
    use std::fmt::Write as _;
    let ascii: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "-_. ".contains(letter) { letter } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("inline; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    /// Acceptance 45: a name can't leave its place in the header.
    #[test]
    fn names_are_quoted() {
        assert_eq!(disposition("a b.png"), "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png");
        assert_eq!(
            disposition("k\"; x=é\r\n.png"),
            "inline; filename=\"k__ x____.png\"; filename*=UTF-8''k%22%3B%20x%3D%C3%A9%0D%0A.png"
        );
    }
}
