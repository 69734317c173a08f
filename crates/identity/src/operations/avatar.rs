//! People's pictures. Stored as they were sent and never decoded here; the type is read from
//! the bytes, so that nothing but a picture is ever served under a picture's type.

use std::fmt::Write;

use aws_lc_rs::digest;
use bytes::Bytes;
use database::Platform;
use kernel::{TenantScope, UserId};

use crate::{
    Identity, IdentityError,
    model::{Avatar, User},
    store::users,
};

/// Bytes that a picture may have.
pub const MAX_AVATAR: usize = 1024 * 1024;

/// The type of an image, by its signature.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

impl Identity {
    pub async fn set_avatar(&self, user: UserId, data: Bytes) -> Result<User, IdentityError> {
        if data.len() > MAX_AVATAR {
            return Err(IdentityError::AvatarTooLarge(MAX_AVATAR));
        }
        let media_type = media_type(&data).ok_or(IdentityError::AvatarType)?;
        let hash = digest::digest(&digest::SHA256, &data);
        let digest = hash.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let avatar = Avatar { media_type: media_type.to_owned(), digest, data: data.into() };
        // Users belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let user = users::put_avatar(&mut tx, user, avatar, self.env.now()).await?.ok_or(IdentityError::NoUser)?;
        tx.commit().await?;
        Ok(user)
    }

    pub async fn delete_avatar(&self, user: UserId) -> Result<User, IdentityError> {
        let mut tx = self.db.begin(Platform).await?;
        let user = users::delete_avatar(&mut tx, user, self.env.now()).await?.ok_or(IdentityError::NoUser)?;
        tx.commit().await?;
        Ok(user)
    }

    /// The picture of `user`, who must be the viewer or a member of the viewer's workspace.
    pub async fn avatar(&self, viewer: UserId, scope: &TenantScope, user: UserId) -> Result<Avatar, IdentityError> {
        if user != viewer && self.tenancy.membership(scope.workspace(), user).await?.is_none() {
            return Err(IdentityError::NoAvatar);
        }
        users::avatar(&self.db, user).await?.ok_or(IdentityError::NoAvatar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_pictures_by_their_bytes() {
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(media_type(b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(media_type(b"GIF89a..."), Some("image/gif"));
        assert_eq!(media_type(b"RIFF\x10\0\0\0WEBPVP8 "), Some("image/webp"));
        for other in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"", b"RIFF\x10\0\0\0WAVEfmt ", b"<html>"] {
            assert_eq!(media_type(other), None);
        }
    }
}
