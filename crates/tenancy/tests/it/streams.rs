//! Audit logs on their way out: all of it, in order, to nobody but who is meant, whatever breaks in between.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::{HeaderMap, Method};
use base64::Engine as _;
use contracts::tenancy::Role;
use database::{Db, Platform, params};
use kernel::{Env, ManualClock, env::SystemRng};
use outbound::Guard;
use serde_json::{Value, json};
use tenancy::{AuditStreamState, Chain, StreamRound};
use testkit::{TestDb, db_test};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{Person, World, outcome, streaming};

fn open() -> Guard {
    Guard { open: true, ..Guard::default() }
}

/// Time that stands still, near enough to now that a receiver's library takes it.
fn held() -> (Env, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Env::system().now()));
    (Env::new(clock.clone(), Arc::new(SystemRng)), clock)
}

fn of(person: &Person) -> Chain {
    Chain(Some(person.workspace))
}

async fn group(world: &World, person: &Person, name: &str) {
    assert_eq!(world.call(person, Method::POST, "/groups", Some(json!({ "name": name }))).await.0, 201);
}

async fn deliver(world: &World) -> StreamRound {
    world.tenancy.deliver_audit(&*world.identity).await.unwrap()
}

/// Sets the stream; gives the secret.
async fn set(world: &World, person: &Person, body: Value) -> String {
    let (status, set) = world.call(person, Method::PUT, "/audit/stream", Some(body)).await;
    assert_eq!(status, 200, "{set}");
    set["secret"].as_str().unwrap_or_default().to_owned()
}

async fn state(world: &World, person: &Person) -> tenancy::AuditStream {
    world.tenancy.audit_stream(of(person)).await.unwrap().unwrap()
}

/// What came to the webhook, each verified by the standard's own library.
async fn received(server: &MockServer, secret: &str) -> Vec<Value> {
    let verifier = standardwebhooks::Webhook::new(secret).unwrap();
    let requests = server.received_requests().await.unwrap();
    let mut documents = Vec::new();
    for request in requests {
        let mut headers = HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, request.headers[name].clone());
        }
        verifier.verify(&request.body, &headers).unwrap();
        let mut changed = request.body.clone();
        changed[0] ^= 1;
        assert!(verifier.verify(&changed, &headers).is_err());
        documents.push(serde_json::from_slice(&request.body).unwrap());
    }
    documents
}

fn positions(documents: &[Value]) -> Vec<i64> {
    let entries = documents.iter().flat_map(|document| document["data"]["entries"].as_array().unwrap());
    entries.map(|entry| entry["position"].as_i64().unwrap()).collect()
}

async fn answers(server: &MockServer, answer: ResponseTemplate) {
    server.reset().await;
    Mock::given(any()).respond_with(answer).mount(server).await;
}

#[db_test]
async fn acceptance_17_a_webhook_gets_every_entry_in_order_and_can_verify_it(db: TestDb) {
    let ((env, _), server) = (held(), MockServer::start().await);
    let world = World::with_streams(&db, &env, open());
    let (ann, bob) = (world.join("ann").await, world.join("bob").await);
    group(&world, &ann, "Before").await;
    group(&world, &bob, "Bob's own").await;
    answers(&server, ResponseTemplate::new(204)).await;
    let secret = set(&world, &ann, json!({ "kind": "webhook", "address": server.uri() })).await;
    assert!(secret.starts_with("whsec_"));
    group(&world, &ann, "Design").await;
    group(&world, &bob, "Bob's other").await;
    assert_eq!(deliver(&world).await, StreamRound { entries: 2, delivered: 1, failed: 0 });
    group(&world, &ann, "Research").await;
    deliver(&world).await;
    assert_eq!(deliver(&world).await, StreamRound::default(), "nothing waits");

    let documents = received(&server, &secret).await;
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0]["type"], "audit.entries");
    assert_eq!(documents[0]["data"]["workspace_id"], ann.workspace.to_string());
    let entries = documents[0]["data"]["entries"].as_array().unwrap();
    let actions: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    // From its own making on, and as the API shows it.
    assert_eq!(actions, ["audit_stream.set", "group.created"]);
    let (_, listed) = world.get(&ann, "/audit?action=group.*").await;
    assert_eq!(documents[1]["data"]["entries"][0], listed["data"][0]);
    assert!(!documents.iter().any(|document| document.to_string().contains("Bob")), "{documents:?}");
    let stream = state(&world, &ann).await;
    assert_eq!((stream.state, stream.behind), (AuditStreamState::Active, 0));

    // All of it, when that is asked for; the secret of the same address stays.
    let again = json!({ "kind": "webhook", "address": server.uri(), "from_start": true });
    assert_eq!(set(&world, &ann, again).await, "");
    answers(&server, ResponseTemplate::new(200)).await;
    deliver(&world).await;
    let all = positions(&received(&server, &secret).await);
    assert_eq!(all, (1..=stream.position + 1).collect::<Vec<_>>());
}

#[db_test]
async fn acceptance_17_a_receiver_that_fails_loses_nothing_and_delays_nobody_else(db: TestDb) {
    let ((env, clock), server, other) = (held(), MockServer::start().await, MockServer::start().await);
    let world = World::with_streams(&db, &env, open());
    let (ann, bob) = (world.join("ann").await, world.join("bob").await);
    let secret = set(&world, &ann, json!({ "kind": "webhook", "address": server.uri() })).await;
    set(&world, &bob, json!({ "kind": "webhook", "address": other.uri() })).await;
    answers(&server, ResponseTemplate::new(503).insert_header("retry-after", "120")).await;
    answers(&other, ResponseTemplate::new(200)).await;
    assert_eq!(deliver(&world).await, StreamRound { entries: 1, delivered: 1, failed: 1 });
    group(&world, &bob, "Bob's").await;
    group(&world, &ann, "Design").await;
    assert_eq!(deliver(&world).await, StreamRound { entries: 1, delivered: 1, failed: 0 });
    let failing = state(&world, &ann).await;
    assert_eq!((failing.state, failing.behind, failing.failures), (AuditStreamState::Failing, 2, 1));
    assert_eq!(failing.last_error.as_deref(), Some("it answered 503"));
    assert_eq!(failing.next_attempt_at, Some(env.now() + Duration::from_secs(120)), "as it has asked");

    clock.advance(Duration::from_secs(119));
    assert_eq!(deliver(&world).await, StreamRound::default());
    clock.advance(Duration::from_secs(1));
    answers(&server, ResponseTemplate::new(200)).await;
    assert_eq!(deliver(&world).await, StreamRound { entries: 2, delivered: 1, failed: 0 });
    assert_eq!(positions(&received(&server, &secret).await), [failing.position + 1, failing.position + 2]);
    let healed = state(&world, &ann).await;
    assert_eq!((healed.state, healed.failures, healed.last_error), (AuditStreamState::Active, 0, None));
}

#[db_test]
async fn acceptance_17_what_fails_for_days_is_paused_and_goes_on_without_a_gap(db: TestDb) {
    let ((env, clock), server) = (held(), MockServer::start().await);
    let world = World::with_streams(&db, &env, open());
    let ann = world.join("ann").await;
    let secret = set(&world, &ann, json!({ "kind": "webhook", "address": server.uri() })).await;
    let start = state(&world, &ann).await.position;
    answers(&server, ResponseTemplate::new(500)).await;
    let mut attempts = 0;
    while state(&world, &ann).await.state != AuditStreamState::GaveUp {
        let due = state(&world, &ann).await.next_attempt_at.unwrap();
        clock.advance(due.since(env.now()));
        attempts += deliver(&world).await.failed;
    }
    // Every quarter of an hour at the least, for three days.
    assert!((280..700).contains(&attempts), "{attempts}");
    clock.advance(Duration::from_secs(86_400));
    assert_eq!(deliver(&world).await, StreamRound::default());
    let rows = world.tenancy.audit_after(of(&ann), start).await.unwrap();
    let actions: Vec<(&str, &str)> = rows.iter().map(|row| (row.action.as_str(), row.actor_kind.as_str())).collect();
    assert_eq!(actions[1..], [("audit_stream.paused", "system")]);

    // The held clock is days ahead of the library's, which is not what is tested here.
    let bob = world.member("bob", ann.workspace, Role::Admin).await;
    let (status, resumed) = world.call(&bob, Method::POST, "/audit/stream/resume", None).await;
    assert_eq!((status, &resumed["state"]), (200, &json!("active")), "{resumed}");
    answers(&server, ResponseTemplate::new(200)).await;
    deliver(&world).await;
    let requests = server.received_requests().await.unwrap();
    let sent: Vec<Value> = requests.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect();
    let end = state(&world, &ann).await.position;
    assert_eq!(positions(&sent), (start + 1..=end).collect::<Vec<_>>());
    assert_eq!(sent[0]["data"]["entries"][1]["after"]["reason"], "it answered 500");
    assert!(!secret.is_empty());

    // One that is gone for good is not asked again.
    group(&world, &bob, "Late").await;
    answers(&server, ResponseTemplate::new(410)).await;
    deliver(&world).await;
    assert_eq!(state(&world, &bob).await.state, AuditStreamState::GaveUp);
}

#[db_test]
async fn acceptance_17_of_two_processes_one_delivers_and_another_takes_over(db: TestDb) {
    let (env, clock) = held();
    let world = World::with_streams(&db, &env, open());
    let second = streaming(&db, &env, open());
    let ann = world.join("ann").await;
    let server = MockServer::start().await;
    answers(&server, ResponseTemplate::new(200)).await;
    let secret = set(&world, &ann, json!({ "kind": "webhook", "address": server.uri() })).await;
    for name in ["Design", "Research", "Sales"] {
        group(&world, &ann, name).await;
        let (one, two) =
            tokio::join!(world.tenancy.deliver_audit(&*world.identity), second.deliver_audit(&*world.identity));
        assert_eq!(one.unwrap().delivered + two.unwrap().delivered, 1, "{name}");
    }
    let once = positions(&received(&server, &secret).await);
    let end = state(&world, &ann).await.position;
    assert_eq!(once, (end - 3..=end).collect::<Vec<_>>());

    // A process that dies while it waits for the receiver's answer.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    set(&world, &ann, json!({ "kind": "webhook", "address": address })).await;
    let asked = async {
        let (mut socket, _) = silent.accept().await.unwrap();
        assert!(socket.read(&mut [0; 16]).await.unwrap() > 0);
        socket
    };
    let _never_answered = tokio::select! {
        round = world.tenancy.deliver_audit(&*world.identity) => panic!("nobody has answered: {round:?}"),
        socket = asked => socket,
    };
    assert_eq!(second.deliver_audit(&*world.identity).await.unwrap(), StreamRound::default(), "it is in hand");
    clock.advance(Duration::from_secs(151));
    let answer = async {
        let (mut socket, _) = silent.accept().await.unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.ends_with(b"}}") {
            let read = socket.read(&mut buffer).await.unwrap();
            request.extend_from_slice(&buffer[..read]);
        }
        socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        String::from_utf8(request).unwrap()
    };
    let (round, request) = tokio::join!(second.deliver_audit(&*world.identity), answer);
    assert_eq!(round.unwrap(), StreamRound { entries: 1, delivered: 1, failed: 0 });
    assert!(request.contains("audit_stream.set"), "{request}");
}

/// A log server: takes connections, reads frames to the end, closes. Plain, or with TLS.
async fn log_server(tls: Option<tokio_rustls::TlsAcceptor>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, messages) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
    let heard = messages.clone();
    kernel::Tasks::new().spawn("a log server", async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            let Some(tls) = &tls else {
                socket.read_to_end(&mut bytes).await.unwrap();
                heard.lock().unwrap().extend(frames(&bytes));
                continue;
            };
            let Ok(mut socket) = tls.accept(socket).await else { continue };
            socket.read_to_end(&mut bytes).await.unwrap();
            heard.lock().unwrap().extend(frames(&bytes));
            socket.shutdown().await.unwrap();
        }
    });
    (address, messages)
}

/// RFC 5425, 4.3: a length, a space, the message.
fn frames(mut bytes: &[u8]) -> Vec<String> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ').unwrap();
        let length: usize = std::str::from_utf8(&bytes[..space]).unwrap().parse().unwrap();
        let (message, rest) = bytes[space + 1..].split_at(length);
        messages.push(String::from_utf8(message.to_vec()).unwrap());
        bytes = rest;
    }
    messages
}

/// An authority of one's own, and a server with its certificate for `localhost`.
fn authority() -> (String, tokio_rustls::TlsAcceptor) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let own = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], rustls::pki_types::PrivateKeyDer::Pkcs8(own.serialize_der().into()))
        .unwrap();
    (root.pem(), tokio_rustls::TlsAcceptor::from(Arc::new(config)))
}

#[db_test]
async fn acceptance_17_a_log_server_gets_messages_over_tls(db: TestDb) {
    let (env, clock) = held();
    let world = World::with_streams(&db, &env, open());
    let ann = world.join("ann").await;
    let (pem, tls) = authority();
    let (address, messages) = log_server(Some(tls)).await;
    let address = format!("tls://localhost:{}", address.port());
    let body = json!({ "kind": "syslog", "address": address, "authority": pem });
    assert_eq!(set(&world, &ann, body).await, "", "it has no secret");
    group(&world, &ann, "Thiết kế").await;
    assert_eq!(deliver(&world).await, StreamRound { entries: 2, delivered: 1, failed: 0 });
    let heard = std::mem::take(&mut *messages.lock().unwrap());
    assert_eq!(heard.len(), 2);
    let (head, rest) = heard[1].split_once(" [audit@32473 ").unwrap();
    let head: Vec<&str> = head.split(' ').collect();
    assert_eq!((head[0], &head[2..]), ("<109>1", &["chat.example.com", "parlance", "-", "group.created"][..]));
    let (data, json) = rest.split_once("] ").unwrap();
    assert!(data.contains("action=\"group.created\"") && data.contains("actorEmail=\"ann@example.com\""), "{data}");
    let entry: Value = serde_json::from_str(json).unwrap();
    assert_eq!(entry["after"]["name"], "Thiết kế");

    // Another authority's word counts for nothing, and nothing is said to who has no other.
    let (other, _) = authority();
    set(&world, &ann, json!({ "kind": "syslog", "address": address, "authority": other })).await;
    assert_eq!(deliver(&world).await.failed, 1);
    set(&world, &ann, json!({ "kind": "syslog", "address": address })).await;
    assert_eq!(deliver(&world).await.failed, 1);
    assert!(state(&world, &ann).await.last_error.unwrap().contains("certificate"));
    assert_eq!(messages.lock().unwrap().len(), 0);

    // In the clear, where the operator lets it; what waits comes along.
    let (plain, messages) = log_server(None).await;
    set(&world, &ann, json!({ "kind": "syslog", "address": format!("tcp://{plain}") })).await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(deliver(&world).await, StreamRound { entries: 3, delivered: 1, failed: 0 });
    assert_eq!(messages.lock().unwrap().len(), 3);

    // A server that hangs up before the end has not got it.
    let rude = TcpListener::bind("127.0.0.1:0").await.unwrap();
    set(&world, &ann, json!({ "kind": "syslog", "address": format!("tcp://{}", rude.local_addr().unwrap()) })).await;
    let hang_up = async {
        let (mut socket, _) = rude.accept().await.unwrap();
        // What it leaves unread makes the end a reset.
        assert!(socket.read(&mut [0; 10]).await.unwrap() > 0);
    };
    let (round, ()) = tokio::join!(world.tenancy.deliver_audit(&*world.identity), hang_up);
    assert_eq!(round.unwrap(), StreamRound { entries: 0, delivered: 0, failed: 1 });
}

#[db_test]
async fn acceptance_32_a_log_goes_nowhere_inside(db: TestDb) {
    let (env, _) = held();
    let world = World::with_streams(&db, &env, Guard::default());
    let ann = world.join("ann").await;
    for (kind, address) in [
        ("webhook", "http://siem.example.com"),
        ("webhook", "https://127.0.0.1/log"),
        ("webhook", "https://169.254.169.254/"),
        ("webhook", "https://me:pw@siem.example.com"),
        ("webhook", "tls://siem.example.com"),
        ("syslog", "tcp://logs.example.com:514"),
        ("syslog", "tls://127.0.0.1:6514"),
        ("syslog", "tls://0x7f000001:6514"),
        ("syslog", "tls://[::ffff:10.0.0.1]:6514"),
        ("syslog", "https://logs.example.com"),
    ] {
        let body = json!({ "kind": kind, "address": address });
        let refused = world.call(&ann, Method::PUT, "/audit/stream", Some(body)).await;
        assert_eq!(outcome(&refused), (422, "invalid_body"), "{address}");
        assert_eq!(refused.1["errors"][0]["field"], "address");
    }
    assert_eq!(world.get(&ann, "/audit/stream").await.1, json!({ "stream": null, "plain_allowed": false }));
    // A name is judged when it is called.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for (kind, scheme) in [("webhook", "https"), ("syslog", "tls")] {
        set(&world, &ann, json!({ "kind": kind, "address": format!("{scheme}://localhost:{port}") })).await;
        let (_, tested) = world.call(&ann, Method::POST, "/audit/stream/test", None).await;
        assert_eq!(tested["delivered"], false);
        assert!(tested["error"].as_str().unwrap().contains("does not call for workspaces"), "{tested}");
        assert_eq!(deliver(&world).await.failed, 1);
    }
}

#[db_test]
async fn acceptance_17_a_test_entry_arrives_and_stands_in_no_log(db: TestDb) {
    let ((env, _), server) = (held(), MockServer::start().await);
    let world = World::with_streams(&db, &env, open());
    let ann = world.join("ann").await;
    answers(&server, ResponseTemplate::new(200)).await;
    let missing = world.call(&ann, Method::POST, "/audit/stream/test", None).await;
    assert_eq!(outcome(&missing), (404, "not_found"));
    let secret = set(&world, &ann, json!({ "kind": "webhook", "address": server.uri() })).await;
    let before = world.tenancy.verify_audit(of(&ann)).await.unwrap();
    let tested = world.call(&ann, Method::POST, "/audit/stream/test", None).await;
    assert_eq!(tested, (200, json!({ "delivered": true, "error": null })));
    let documents = received(&server, &secret).await;
    assert_eq!((&documents[0]["type"], positions(&documents)), (&json!("audit.test"), vec![0]));
    assert_eq!(documents[0]["data"]["entries"][0]["actor"]["email"], "ann@example.com");
    assert_eq!(world.tenancy.verify_audit(of(&ann)).await.unwrap(), before);
    answers(&server, ResponseTemplate::new(404)).await;
    let (_, tested) = world.call(&ann, Method::POST, "/audit/stream/test", None).await;
    assert_eq!(tested, json!({ "delivered": false, "error": "it answered 404" }));

    // Another secret verifies from now on, and the one before nothing more.
    let (_, renewed) = world.call(&ann, Method::POST, "/audit/stream/secret", None).await;
    let renewed = renewed["secret"].as_str().unwrap().to_owned();
    assert_ne!(renewed, secret);
    answers(&server, ResponseTemplate::new(200)).await;
    deliver(&world).await;
    assert_eq!(positions(&received(&server, &renewed).await).len(), 2);
    assert_secret_nowhere(&db, &world, &ann, &[secret, renewed]).await;

    let (status, _) = world.call(&ann, Method::DELETE, "/audit/stream", None).await;
    assert_eq!((status, world.tenancy.audit_stream(of(&ann)).await.unwrap()), (204, None));
}

/// Neither the API nor the database gives a secret away once it was shown.
async fn assert_secret_nowhere(db: &Db, world: &World, person: &Person, secrets: &[String]) {
    let shown = [world.text(person, "/audit/stream").await.1, world.text(person, "/audit").await.1].concat();
    let sealed: (Vec<u8>,) = db.one(Platform, "SELECT sealed_secret FROM audit_streams", params![]).await.unwrap();
    for secret in secrets {
        let raw = secret.trim_start_matches("whsec_");
        assert!(!shown.contains(raw));
        let bytes = base64::engine::general_purpose::STANDARD.decode(raw).unwrap();
        assert!(!sealed.0.windows(bytes.len()).any(|window| window == bytes));
    }
}

#[db_test]
async fn acceptance_14_only_who_may_sets_where_a_log_goes_and_proves_it(db: TestDb) {
    let ((env, clock), server) = (held(), MockServer::start().await);
    let world = World::with_streams(&db, &env, open());
    let ann = world.join("ann").await;
    let body = json!({ "kind": "webhook", "address": server.uri() });
    let bob = world.member("bob", ann.workspace, Role::Member).await;
    for (method, path, body) in [
        (Method::GET, "/audit/stream", None),
        (Method::PUT, "/audit/stream", Some(body.clone())),
        (Method::DELETE, "/audit/stream", None),
        (Method::POST, "/audit/stream/test", None),
    ] {
        assert_eq!(outcome(&world.call(&bob, method, path, body).await), (403, "forbidden"));
    }
    set(&world, &ann, body.clone()).await;
    // A session whose proof is older than ten minutes.
    clock.advance(Duration::from_secs(11 * 60));
    let ann = world.enter(&ann, ann.workspace).await;
    for (method, path, body) in [
        (Method::PUT, "/audit/stream", Some(body)),
        (Method::DELETE, "/audit/stream", None),
        (Method::POST, "/audit/stream/pause", None),
        (Method::POST, "/audit/stream/resume", None),
        (Method::POST, "/audit/stream/secret", None),
    ] {
        let refused = world.call(&ann, method, path, body).await;
        assert_eq!(outcome(&refused), (403, "step_up_required"), "{path}");
    }
    assert_eq!(world.get(&ann, "/audit/stream").await.0, 200);
    assert_eq!(state(&world, &ann).await.state, AuditStreamState::Active);
}
