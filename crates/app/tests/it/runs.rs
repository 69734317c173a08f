//! A message's way, end to end: sent, streamed, resumed, stopped, kept, counted.

use std::time::Duration;

use hyper::Method;
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{TestApp, final_run, spoken, text};

#[db_test]
async fn an_answer_streams_and_is_kept_and_priced(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let conversation = person.conversation().await;

    let events = person.say(&conversation, "Explain recursion with a table").await;
    assert_eq!(events[0].kind(), "start");
    assert_eq!(events.last().unwrap().kind(), "finish");
    assert!(events.iter().all(|event| event.id.is_some()), "each event can be resumed from");
    let said = spoken(&events);
    assert!(said.len() > 100, "{said}");
    let run = final_run(&events);
    assert_eq!(run["status"], "completed");
    assert_eq!(run["finish_reason"], "stop");

    let page = person.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    let messages = page["data"].as_array().unwrap();
    assert_eq!(messages.len(), 2, "newest first: the answer, then the question");
    let kept: String = messages[0]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|part| part["type"] == "text")
        .map(|part| text(&part["text"]))
        .collect();
    assert_eq!(kept, said, "what was streamed is what is kept");
    assert_eq!(messages[1]["parts"][0]["text"], "Explain recursion with a table");

    let usage = person.get("/usage?group_by=model").await.expect(200);
    assert_eq!(usage["total"]["cost_usd"], run["usage"]["cost_usd"], "the dashboard says what the answer said");
    assert_eq!(usage["total"]["output_tokens"], run["usage"]["output_tokens"]);
}

#[db_test]
async fn acceptance_38_a_stream_resumes_at_every_event(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let conversation = person.conversation().await;
    let whole = person.say(&conversation, "/long 60").await;
    let run = text(&final_run(&whole)["id"]);
    for (index, event) in whole.iter().enumerate() {
        let rest = person.attach(&run, event.id.as_deref()).await;
        let joined = spoken(&whole[..=index]) + &spoken(&rest);
        assert_eq!(joined, spoken(&whole), "cut after event {index}");
    }
    assert_eq!(spoken(&person.attach(&run, None).await), spoken(&whole));
}

#[db_test]
async fn acceptance_38_two_tabs_see_the_same_stream(db: TestDb) {
    let app = TestApp::with(&db, |config| config.providers.demo.chunk_delay_ms = 5).await;
    let person = app.sign_up("ada@example.com").await;
    let conversation = person.conversation().await;
    let started = person
        .post(&format!("/conversations/{conversation}/runs"), json!({ "message": { "text": "/long 80" } }))
        .await
        .expect(201);
    let run = text(&started["run"]["id"]);
    let (one, other) = tokio::join!(person.attach(&run, None), person.attach(&run, None));
    assert_eq!(spoken(&one), spoken(&other));
    assert!(!spoken(&one).is_empty());
    assert_eq!(final_run(&one)["status"], "completed");
}

#[db_test]
async fn acceptance_42_stop_keeps_what_was_said(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let conversation = person.conversation().await;
    let started = person
        .post(&format!("/conversations/{conversation}/runs"), json!({ "message": { "text": "/slow tell me a lot" } }))
        .await
        .expect(201);
    let run = text(&started["run"]["id"]);
    let watching = person.attach(&run, None);
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        person.post(&format!("/runs/{run}/cancel"), json!({})).await.expect(200)
    };
    let (events, _) = tokio::join!(watching, stopping);
    assert_eq!(events.last().unwrap().kind(), "abort");
    assert_eq!(final_run(&events)["status"], "cancelled");

    let page = person.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    let answer = &page["data"][0];
    assert_eq!(answer["run"]["status"], "cancelled");
    assert!(answer["run"]["usage"].is_object(), "what was used is settled: {answer}");
}

#[db_test]
async fn a_failed_answer_can_be_retried(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let conversation = person.conversation().await;
    let events = person.say(&conversation, "/fail overloaded").await;
    assert_eq!(events.last().unwrap().kind(), "error");
    let failed = final_run(&events);
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["error"]["code"], "provider_overloaded");

    let message = text(&failed["message_id"]);
    let again = person.stream(&format!("/conversations/{conversation}/runs"), json!({ "regenerate": message })).await;
    assert_ne!(final_run(&again)["message_id"], failed["message_id"], "a retry is a sibling");
    let page = person.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    assert_eq!(page["data"][0]["sibling_ids"].as_array().unwrap().len(), 2);

    let next = person.say(&conversation, "/echo and on we go").await;
    assert_eq!(final_run(&next)["status"], "completed", "a failure is not repeated by what is said after it");
}

#[db_test]
async fn edits_make_branches_to_switch_between(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let conversation = person.conversation().await;
    person.say(&conversation, "/echo first").await;
    let page = person.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    let question = text(&page["data"][1]["id"]);

    // The edited message begins another branch beside the first.
    let edited = json!({ "message": { "text": "/echo second" }, "parent_id": null });
    person.stream(&format!("/conversations/{conversation}/runs"), edited).await;
    let page = person.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    assert_eq!(page["data"][1]["parts"][0]["text"], "/echo second");
    assert_eq!(page["data"][1]["sibling_ids"].as_array().unwrap().len(), 2);

    person.post(&format!("/conversations/{conversation}/branch"), json!({ "message_id": question })).await.expect(200);
    let page = person.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    assert_eq!(page["data"][1]["parts"][0]["text"], "/echo first");
}

#[db_test]
async fn a_picture_goes_with_a_message(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let conversation = person.conversation().await;
    let file = person.upload().await.expect(201);
    assert_eq!((&file["width"], &file["height"]), (&json!(1), &json!(1)));
    let body = json!({
        "message": { "text": "What is this?", "file_ids": [file["id"]] },
        "model": "demo/parlance-vision",
    });
    let events = person.stream(&format!("/conversations/{conversation}/runs"), body).await;
    assert_eq!(final_run(&events)["status"], "completed");
    let page = person.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    assert!(page["data"][1]["parts"].as_array().unwrap().iter().any(|part| part["file_id"] == file["id"]));
    let content = person.get(&format!("/files/{}/content", text(&file["id"]))).await;
    assert_eq!(content.headers["content-type"], "image/png");
    assert_eq!(content.headers["x-content-type-options"], "nosniff");
}

#[db_test]
async fn a_repeated_send_re_attaches_to_the_same_run(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let conversation = person.conversation().await;
    let mut runs = Vec::new();
    for _ in 0..2 {
        let body = json!({ "message": { "text": "once" } });
        let mut request = crate::support::request(
            Method::POST,
            &format!("/conversations/{conversation}/runs"),
            Some(&person.token),
            Some(body),
        );
        request.headers_mut().insert("accept", "text/event-stream".parse().unwrap());
        request.headers_mut().insert("idempotency-key", "send-1".parse().unwrap());
        let answer = app.send(request).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
        runs.push(text(&final_run(&crate::support::events(&answer.text))["id"]));
    }
    assert_eq!(runs[0], runs[1]);
    let page = person.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
}

#[db_test]
async fn acceptance_04_a_logout_ends_the_session_at_once(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    person.get("/me").await.expect(200);
    person.post("/auth/logout", json!({})).await.expect(204);
    let refused = person.get("/me").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (401, "unauthenticated"));
}
