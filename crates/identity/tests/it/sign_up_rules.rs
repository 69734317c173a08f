//! Who may sign up.

use contracts::tenancy::Role;
use identity::SignUpRules;
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{ANN, PASSWORD, World, new_user, post};

#[db_test]
async fn by_invitation_only_whom_it_is_for(db: TestDb) {
    let world = World::with(&db, |config| {
        config.sign_up_rules = SignUpRules { invited_only: true, ..SignUpRules::default() };
    });
    world.node.identity.create_user(new_user(ANN)).await.unwrap();
    let ann = world.node.log_in(ANN).await.expect(200).person();
    let invited = json!({ "email": "bob@example.com", "role": Role::Member });
    let made = post("/invitations").bearer(&ann.token).json(invited).on(&world.node).await.expect(201).json();
    let link = made["path"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    let sign_up = |email: &str, link: &str| {
        post("/auth/signup").json(json!({ "email": email, "password": PASSWORD, "invitation": link }))
    };
    world.node.sign_up("bob@example.com").await.refused(403, "invitation_needed");
    sign_up("bob@example.com", "bm90IG9uZQ").on(&world.node).await.refused(403, "invitation_needed");
    sign_up("eve@example.com", &link).on(&world.node).await.refused(403, "invitation_needed");
    sign_up("Bob@example.com", &link).on(&world.node).await.expect(202);
    world.node.log_in("bob@example.com").await.expect(200);
}

#[db_test]
async fn of_some_domains_only(db: TestDb) {
    let world = World::with(&db, |config| {
        config.sign_up_rules = SignUpRules {
            domains: vec!["example.com".to_owned()],
            disposable: std::sync::Arc::new(SignUpRules::read_domains("mailinator.com")),
            ..SignUpRules::default()
        };
    });
    for (email, code) in [("ann@example.org", "domain"), ("ann@mailinator.com", "disposable")] {
        let refused = world.node.sign_up(email).await.expect(422);
        assert_eq!(
            (refused.fields(), refused.json()["errors"][0]["code"].as_str()),
            (vec!["email".into()], Some(code))
        );
    }
    world.node.sign_up(ANN).await.expect(202);
}
