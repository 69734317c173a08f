//! Uploads: what is taken, how long it is kept, who may read it.

use std::time::Duration;

use chat::{Caller, ChatError, MAX_FILE, NewMessage, StartRun};
use kernel::Code;
use testkit::{TestDb, db_test};

use crate::support::{World, person};

/// The head of a PNG of this size, which is all that is looked at.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    image.extend(width.to_be_bytes());
    image.extend(height.to_be_bytes());
    image.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    image
}

#[db_test]
async fn an_image_is_kept_as_it_came(db: TestDb) {
    let world = World::new(&db).await;
    let file = world.chat.upload_file(world.caller, "../my cat.png", png(640, 480)).await.unwrap();
    assert_eq!((file.name.as_str(), file.media_type.as_str()), ("my cat.png", "image/png"));
    assert_eq!((file.width, file.height, file.size), (Some(640), Some(480), 33));
    assert_eq!(world.chat.get_file(world.caller, file.id).await.unwrap(), file);
    assert_eq!(world.chat.get_file_content(world.caller, file.id).await.unwrap().content, png(640, 480));

    // Acceptance 15: it is nobody else's.
    let stranger = person(&world.db, &world.env).await;
    let colleague = Caller { user: world.env.id(), ..world.caller };
    for other in [stranger, colleague] {
        assert_eq!(world.chat.get_file(other, file.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(world.chat.get_file_content(other, file.id).await.unwrap_err().code(), Code::NotFound);
    }
}

/// Acceptance 43: pixel floods, scripts and the merely large are refused.
#[db_test]
async fn acceptance_43_what_is_no_image_is_refused(db: TestDb) {
    let world = World::new(&db).await;
    let upload = |content: Vec<u8>| world.chat.upload_file(world.caller, "x.png", content);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    assert!(matches!(upload(svg).await, Err(ChatError::UnsupportedFile)));
    assert!(matches!(upload(b"\x89PNG\r\n\x1a\n".to_vec()).await, Err(ChatError::UnsupportedFile)));
    assert!(matches!(upload(Vec::new()).await, Err(ChatError::UnsupportedFile)));
    assert!(matches!(upload(png(100_000, 100_000)).await, Err(ChatError::Field { code: "too_many_pixels", .. })));
    assert!(matches!(upload(png(0, 9)).await, Err(ChatError::Field { .. })));
    let mut large = png(10, 10);
    large.resize(MAX_FILE, 0);
    upload(large.clone()).await.unwrap();
    large.push(0);
    assert!(matches!(upload(large).await, Err(ChatError::FileTooLarge(_))));
}

#[db_test]
async fn an_upload_that_nothing_shows_is_deleted(db: TestDb) {
    let world = World::new(&db).await;
    let shown = world.chat.upload_file(world.caller, "shown.png", png(1, 1)).await.unwrap();
    let unused = world.chat.upload_file(world.caller, "unused.png", png(1, 1)).await.unwrap();
    let conversation = world.conversation().await;
    let ask = StartRun {
        message: Some(NewMessage { text: String::new(), file_ids: vec![shown.id] }),
        model: Some("test/vision".into()),
        ..StartRun::default()
    };
    let started = world.chat.start_run(world.caller, conversation, ask, None).await.unwrap();
    world.end(started.run_id()).await;
    world.clock.advance(Duration::from_hours(25));
    world.chat.sweep().await.unwrap();
    assert!(world.chat.get_file(world.caller, unused.id).await.is_err());
    world.chat.get_file(world.caller, shown.id).await.unwrap();
}
