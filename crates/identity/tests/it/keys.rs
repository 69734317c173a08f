//! The keys behind the tokens: made once, kept private, rotated without logging anybody out.

use std::{path::PathBuf, time::Duration};

use identity::{IdentityError, KeyError};
use testkit::{TestDb, db_test};

use crate::support::{ANN, Node, World, config};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn key_files(world: &World) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(world.data.path().join("keys"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pem"))
        .collect();
    files.sort();
    files
}

#[cfg(unix)]
#[db_test]
async fn only_the_owner_can_read_the_keys(db: TestDb) {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new(&db);
    let folder = world.data.path().join("keys");
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
    assert!(folder.join("refresh.secret").exists());
}

#[db_test]
async fn processes_that_start_together_share_their_keys(db: TestDb) {
    let data = tempfile::tempdir().unwrap();
    let (env, clock) = testkit::env_with_clock();
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (db, env, clock, config) = ((*db).clone(), env.clone(), clock.clone(), config(&data));
        starts.spawn_blocking(move || Node::start(&db, &env, &clock, config));
    }
    let nodes = starts.join_all().await;
    let ann = nodes[0].join(ANN).await;
    let mut successors = std::collections::HashSet::new();
    for node in &nodes {
        node.whoami(&ann.token).await.expect(200);
        successors.insert(node.refresh(&ann.cookie).await.expect(200).cookie());
    }
    assert_eq!(successors.len(), 1, "all derive with one secret");
}

#[db_test]
async fn a_rotation_logs_nobody_out(db: TestDb) {
    let world = World::new(&db);
    let other = world.second_node(&db).await;
    let before = world.node.join(ANN).await;
    let kid = world.node.identity.rotate_keys().await.unwrap();
    let after = world.node.log_in(ANN).await.expect(200).person();
    let header = jsonwebtoken::decode_header(&after.token).unwrap();
    assert_eq!(header.kid, Some(kid), "the newest key signs");
    for node in [&world.node, &other] {
        node.whoami(&before.token).await.expect(200);
        // The other process meets the new key in the token and finds it in the folder.
        node.whoami(&after.token).await.expect(200);
    }
    let third = world.second_node(&db).await;
    third.whoami(&before.token).await.expect(200);
    third.whoami(&after.token).await.expect(200);
}

#[db_test]
async fn keys_are_replaced_after_90_days_and_retired_a_day_later(db: TestDb) {
    let world = World::new(&db);
    let maintain = || world.node.identity.maintain();
    world.clock.advance(89 * DAY);
    maintain().await.unwrap();
    let first = key_files(&world);
    assert_eq!(first.len(), 1);
    let ann = world.node.join(ANN).await;
    world.clock.advance(DAY);
    maintain().await.unwrap();
    assert_eq!(key_files(&world).len(), 2, "the old key still verifies");
    world.node.whoami(&ann.token).await.refused(401, "token_expired");
    world.clock.advance(DAY);
    maintain().await.unwrap();
    let last = key_files(&world);
    assert_eq!(last.len(), 1);
    assert_ne!(first, last);
    world.node.whoami(&ann.token).await.refused(401, "unauthenticated");
    let renewed = world.node.refresh(&ann.cookie).await.expect(200).person();
    world.node.whoami(&renewed.token).await.expect(200);
}

#[db_test]
async fn given_keys_sign_in_their_order_and_leave_the_folder_alone(db: TestDb) {
    let world = World::new(&db);
    world.node.identity.rotate_keys().await.unwrap();
    let mut pems: Vec<String> = key_files(&world).iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let with = |pems: &[String]| {
        let data = tempfile::tempdir().unwrap();
        let mut config = config(&data);
        config.signing_keys = pems.iter().map(|pem| pem.as_str().into()).collect();
        config.refresh_secret = Some("a secret that is long enough for it".into());
        config.master_keys = vec!["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into()];
        let node = Node::start(&db, &world.env, &world.clock, config);
        assert!(!data.path().join("keys").exists());
        node
    };
    let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let first = with(&pems);
    let ann = first.join(ANN).await;
    pems.reverse();
    let second = with(&pems);
    second.whoami(&ann.token).await.expect(200);
    let renewed = second.refresh(&ann.cookie).await.expect(200).person();
    assert_ne!(kid(&ann.token), kid(&renewed.token));
    first.whoami(&renewed.token).await.expect(200);
    assert!(matches!(first.identity.rotate_keys().await, Err(IdentityError::Keys(KeyError::Given))));
    first.identity.maintain().await.unwrap();
}

#[db_test]
async fn bad_keys_stop_the_start_and_say_why(db: TestDb) {
    let start = |change: &dyn Fn(&mut identity::Config)| {
        let data = tempfile::tempdir().unwrap();
        let mut config = config(&data);
        change(&mut config);
        let env = testkit::env();
        let tenancy = std::sync::Arc::new(tenancy::Tenancy::new((*db).clone(), env.clone()));
        let limiter = web::limit::Limiter::in_process();
        let (tasks, letters) = (kernel::Tasks::new(), notifications::Config::default());
        let mailer = notifications::Notifications::new((*db).clone(), env.clone(), tasks.clone(), letters).unwrap();
        let mailer = std::sync::Arc::new(mailer);
        let result = identity::Identity::new((*db).clone(), env, tasks, tenancy, mailer, config, limiter);
        result.map(|_| ()).unwrap_err().to_string()
    };
    assert!(start(&|config| config.signing_keys = vec!["nonsense".into()]).contains("signing key 1 is not an Ed25519"));
    assert!(start(&|config| config.refresh_secret = Some("short".into())).contains("at least 32"));
    let error = start(&|config| {
        std::fs::create_dir(config.data_dir.join("keys")).unwrap();
        std::fs::write(config.data_dir.join("keys/refresh.secret"), "nonsense").unwrap();
    });
    assert!(error.contains("refresh.secret does not hold a secret"), "{error}");
    let error = start(&|config| config.data_dir = "/dev/null".into());
    assert!(error.contains("can't make /dev/null/keys"), "{error}");
}

#[db_test]
async fn a_crash_while_writing_leaves_no_half_key(db: TestDb) {
    let world = World::new(&db);
    // What a process leaves that died between opening and renaming.
    std::fs::write(world.data.path().join("keys/new"), "-----BEGIN PRIV").unwrap();
    let node = world.second_node(&db).await;
    let ann = node.join(ANN).await;
    node.identity.rotate_keys().await.unwrap();
    world.node.whoami(&ann.token).await.expect(200);
    assert_eq!(key_files(&world).len(), 2);
}
