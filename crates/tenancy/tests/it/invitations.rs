//! Invitations: to an address and by a link; who may send one, whom it lets in, and how often.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::http::Method;
use contracts::{
    Mailer,
    mail::{Letter, Mail},
    tenancy::Role,
};
use database::{Platform, Tx, params};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};
use tokio::task::JoinSet;

use crate::support::{Answer, Person, World, outcome};

/// Keeps the letters.
#[derive(Default)]
struct Desk(Mutex<Vec<Mail>>);

#[async_trait]
impl Mailer for Desk {
    async fn post(&self, _: &mut Tx, mail: Mail) -> Result<(), database::Error> {
        self.0.lock().unwrap().push(mail);
        Ok(())
    }

    async fn forget(&self, _: &mut Tx, _: &str) -> Result<(), database::Error> {
        Ok(())
    }
}

async fn invite(world: &World, who: &Person, body: Value) -> Answer {
    world.call(who, Method::POST, "/invitations", Some(body)).await
}

/// The token and the id of a new invitation.
async fn made(world: &World, who: &Person, body: Value) -> (String, String) {
    let (status, made) = invite(world, who, body).await;
    assert_eq!(status, 201, "{made}");
    (token(&made), made["invitation"]["id"].as_str().unwrap().to_owned())
}

fn token(made: &Value) -> String {
    made["path"].as_str().unwrap().strip_prefix("/invite/").unwrap().to_owned()
}

async fn accept(world: &World, who: &Person, token: &str) -> Answer {
    world.call(who, Method::POST, "/invitations/accept", Some(json!({ "token": token }))).await
}

async fn view(world: &World, who: &Person, token: &str) -> Answer {
    world.call(who, Method::POST, "/invitations/view", Some(json!({ "token": token }))).await
}

async fn open(world: &World, who: &Person) -> usize {
    world.get(who, "/invitations").await.1["data"].as_array().unwrap().len()
}

#[db_test]
async fn an_address_gets_a_letter_and_one_way_in(db: TestDb) {
    let desk = Arc::new(Desk::default());
    let world = World::with_mailer(&db, desk.clone());
    let ann = world.join("ann").await;
    let (bob, eve) = (world.join("bob").await, world.join("eve").await);
    let body = json!({ "email": " Bob@Example.com ", "role": "member", "locale": "vi" });
    let (status, first) = invite(&world, &ann, body).await;
    assert_eq!((status, &first["mailed"]), (201, &json!(true)), "{first}");
    let secret = token(&first);
    {
        let letters = desk.0.lock().unwrap();
        let [Mail { to, locale, letter: Letter::Invitation { workspace, inviter, role, path, .. } }] = &letters[..]
        else {
            panic!("{letters:?}")
        };
        let said = [to, locale, workspace, inviter, role].map(String::as_str);
        assert_eq!(said, ["Bob@Example.com", "vi", "ann", "ann", "member"]);
        assert_eq!(path.strip_prefix("/invite/"), Some(secret.as_str()));
    }
    let (_, seen) = view(&world, &eve, &secret).await;
    assert_eq!(
        (&seen["workspace_name"], &seen["inviter_name"], &seen["role"]),
        (&json!("ann"), &json!("ann"), &json!("member"))
    );

    assert_eq!(outcome(&accept(&world, &eve, &secret).await), (403, "invitation_for_other"));
    let (status, accepted) = accept(&world, &bob, &secret).await;
    assert_eq!((status, &accepted["joined"], &accepted["workspace"]["role"]), (200, &json!(true), &json!("member")));
    assert_eq!(accepted["workspace"]["id"], ann.workspace.to_string());
    // Again changes nothing.
    let (status, again) = accept(&world, &bob, &secret).await;
    assert_eq!((status, &again["joined"], &again["workspace"]), (200, &json!(false), &accepted["workspace"]));
    assert_eq!(open(&world, &ann).await, 0, "it is used up");

    let bob_there = world.enter(&bob, ann.workspace).await;
    assert_eq!(world.role(&bob_there).await, Some(Role::Member));
    // Whoever was taken out does not come in by the same letter again.
    world.call(&ann, Method::DELETE, &format!("/members/{}", bob.user), None).await;
    assert_eq!(outcome(&accept(&world, &bob, &secret).await), (410, "invitation_ended"));
    assert_eq!(world.role(&bob_there).await, None);
}

#[db_test]
async fn acceptance_20_of_a_crowd_as_many_come_in_as_a_link_lets(db: TestDb) {
    let world = Arc::new(World::new(&db));
    let ann = world.join("ann").await;
    let (secret, id) = made(&world, &ann, json!({ "role": "guest", "max_uses": 3 })).await;
    let mut crowd = JoinSet::new();
    for index in 0..8 {
        let person = world.join(&format!("person{index}")).await;
        let (world, secret) = (world.clone(), secret.clone());
        crowd.spawn(async move { accept(&world, &person, &secret).await.0 });
    }
    let answers = crowd.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 3, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 410).count(), 5, "{answers:?}");
    let (_, page) = world.get(&ann, "/members").await;
    assert_eq!(page["data"].as_array().unwrap().len(), 4);
    let answer = world.call(&ann, Method::POST, &format!("/invitations/{id}/resend"), Some(json!({}))).await;
    assert_eq!(outcome(&answer), (404, "not_found"), "it is used up");
}

#[db_test]
async fn a_link_is_taken_back_renewed_and_runs_out(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.join("bob").await;
    let (secret, id) = made(&world, &ann, json!({ "role": "member" })).await;
    let path = format!("/invitations/{id}");
    let (status, renewed) = world.call(&ann, Method::POST, &format!("{path}/resend"), Some(json!({}))).await;
    assert_eq!((status, &renewed["mailed"], &renewed["invitation"]["max_uses"]), (200, &json!(false), &json!(10)));
    assert_eq!(outcome(&accept(&world, &bob, &secret).await), (404, "not_found"), "the old link");
    assert_eq!(open(&world, &ann).await, 1);

    let late = "UPDATE invitations SET expires_at = $1";
    db.execute(Platform, late, params![1_i64]).await.unwrap();
    for answer in [accept(&world, &bob, &token(&renewed)).await, view(&world, &bob, &token(&renewed)).await] {
        assert_eq!(outcome(&answer), (410, "invitation_ended"));
    }
    assert_eq!(open(&world, &ann).await, 1, "it can be sent again");
    let (_, renewed) = world.call(&ann, Method::POST, &format!("{path}/resend"), Some(json!({}))).await;
    assert_eq!(view(&world, &bob, &token(&renewed)).await.0, 200);
    assert_eq!(world.call(&ann, Method::DELETE, &path, None).await.0, 204);
    for answer in [accept(&world, &bob, &token(&renewed)).await, view(&world, &bob, &token(&renewed)).await] {
        assert_eq!(outcome(&answer), (410, "invitation_ended"));
    }
    assert_eq!((open(&world, &ann).await, world.call(&ann, Method::DELETE, &path, None).await.0), (0, 404));
    for nonsense in ["", "x", &"A".repeat(43), &secret] {
        assert_eq!(outcome(&accept(&world, &bob, nonsense).await), (404, "not_found"));
    }
    // Long afterwards nothing remembers it.
    db.execute(Platform, late, params![1_i64]).await.unwrap();
    assert_eq!(world.tenancy.forget_invitations().await.unwrap(), 1);
}

#[db_test]
async fn who_is_a_member_or_invited_already_is_said_to_be(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    world.member("bob", ann.workspace, Role::Guest).await;
    world.join("mai").await;
    for (email, expected) in
        [("BOB@example.com", "already_member"), ("ann@example.com", "already_member"), ("MAI@example.com", "conflict")]
    {
        made(&world, &ann, json!({ "email": "mai@example.com", "role": "guest" })).await;
        let answer = invite(&world, &ann, json!({ "email": email, "role": "guest" })).await;
        assert_eq!(outcome(&answer), (409, expected), "{email}");
        let (_, page) = world.get(&ann, "/invitations").await;
        let id = page["data"][0]["id"].as_str().unwrap().to_owned();
        world.call(&ann, Method::DELETE, &format!("/invitations/{id}"), None).await;
    }
    // A role in a workspace already is not changed by a link.
    let (secret, _) = made(&world, &ann, json!({ "role": "guest" })).await;
    assert_eq!(accept(&world, &ann, &secret).await.1["joined"], false);
    assert_eq!(world.role(&ann).await, Some(Role::Owner));
    for (field, body) in [
        ("email", json!({ "email": "nobody", "role": "guest" })),
        ("expires_in_days", json!({ "role": "guest", "expires_in_days": 31 })),
        ("max_uses", json!({ "role": "guest", "max_uses": 0 })),
        ("role", json!({ "role": "god" })),
        ("workspace_id", json!({ "role": "guest", "workspace_id": ann.workspace })),
    ] {
        assert_eq!(outcome(&invite(&world, &ann, body).await), (422, "invalid_body"), "{field}");
    }
}

#[db_test]
async fn acceptance_16_nobody_invites_above_themselves(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let admin = world.member("admin", ann.workspace, Role::Admin).await;
    let member = world.member("member", ann.workspace, Role::Member).await;
    assert_eq!(outcome(&invite(&world, &member, json!({ "role": "guest" })).await), (403, "forbidden"));
    assert_eq!(outcome(&invite(&world, &admin, json!({ "role": "owner" })).await), (403, "forbidden"));
    let (_, owners) = made(&world, &ann, json!({ "role": "owner" })).await;
    for (method, path) in
        [(Method::POST, format!("/invitations/{owners}/resend")), (Method::DELETE, format!("/invitations/{owners}"))]
    {
        let body = (method == Method::POST).then(|| json!({}));
        assert_eq!(outcome(&world.call(&admin, method, &path, body).await), (403, "forbidden"));
    }
    // What an administrator has promised ends with their rights.
    let (secret, id) = made(&world, &admin, json!({ "role": "admin" })).await;
    let bob = world.join("bob").await;
    world.tenancy.update_member(&ann.actor(), admin.user, Role::Member).await.unwrap();
    assert_eq!(outcome(&accept(&world, &bob, &secret).await), (410, "invitation_ended"));
    // Sent again by somebody who may, it rests on them.
    let (_, again) = world.call(&ann, Method::POST, &format!("/invitations/{id}/resend"), Some(json!({}))).await;
    assert_eq!(accept(&world, &bob, &token(&again)).await.1["workspace"]["role"], "admin");
}

#[db_test]
async fn acceptance_14_invitations_are_a_workspaces_own_and_kept_as_hashes(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.join("bob").await;
    let (secret, id) = made(&world, &ann, json!({ "email": "mai@example.com", "role": "guest" })).await;
    assert_eq!(open(&world, &bob).await, 0);
    let resend = world.call(&bob, Method::POST, &format!("/invitations/{id}/resend"), Some(json!({}))).await;
    let revoke = world.call(&bob, Method::DELETE, &format!("/invitations/{id}"), None).await;
    assert_eq!([outcome(&resend), outcome(&revoke)], [(404, "not_found"), (404, "not_found")]);
    let (_, page) = world.get(&ann, "/invitations").await;
    assert!(!page.to_string().contains(&secret), "a list shows no link");
    let (hash,): (Vec<u8>,) = db.one(Platform, "SELECT token_hash FROM invitations", vec![]).await.unwrap();
    assert_eq!(hash.len(), 32);
    // A deleted workspace lets nobody in.
    let home = world.enter(&ann, world.tenancy.create_workspace(ann.user, "Doomed").await.unwrap().workspace).await;
    let (secret, _) = made(&world, &home, json!({ "role": "guest" })).await;
    world.tenancy.delete_workspace(&home.actor()).await.unwrap();
    for answer in [accept(&world, &bob, &secret).await, view(&world, &bob, &secret).await] {
        assert_eq!(outcome(&answer), (410, "invitation_ended"));
    }
}
