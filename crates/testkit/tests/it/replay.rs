//! The replaying server sends what it was told to, and sees what the client does.

use std::time::Duration;

use testkit::fake::{ReplayServer, Script};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Sends a request by hand and returns the connection.
async fn send(server: &ReplayServer, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn ask(server: &ReplayServer, path: &str) -> String {
    let mut stream = send(server, &format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn answers_byte_by_byte_and_in_order() {
    let server = ReplayServer::start([
        Script::new(200).header("x-id", "1").chunk("data: {\"a\"").chunk(":1}\n\n").end(),
        Script::json(429, "{}"),
        Script::events(["data: 1\n\n"]),
    ])
    .await;
    let head = "HTTP/1.1 200 Scripted\r\nconnection: close\r\n";
    assert_eq!(
        ask(&server, "/a").await,
        format!("{head}x-id: 1\r\ntransfer-encoding: chunked\r\n\r\na\r\ndata: {{\"a\"\r\n5\r\n:1}}\n\n\r\n0\r\n\r\n")
    );
    assert_eq!(server.left(), 2);
    let limited = ask(&server, "/b").await;
    assert!(limited.starts_with("HTTP/1.1 429 Scripted\r\n") && limited.ends_with("content-length: 2\r\n\r\n{}"));
    assert!(ask(&server, "/c").await.ends_with("9\r\ndata: 1\n\n\r\n0\r\n\r\n"));
    assert!(ask(&server, "/d").await.contains("no script is left for GET /d"));
}

#[tokio::test]
async fn records_requests() {
    let server = ReplayServer::start([Script::json(200, "{}")]).await;
    let body = r#"{"model":"x"}"#;
    let request = format!("POST /v1/chat?x=1 HTTP/1.1\r\nAuthorization: Bearer k\r\nContent-Length: 13\r\n\r\n{body}");
    let mut stream = send(&server, &request[..70]).await;
    stream.write_all(&request.as_bytes()[70..]).await.unwrap();
    server.wait_for_requests(1).await;
    let request = server.request();
    assert_eq!((request.method.as_str(), request.path()), ("POST", "/v1/chat"));
    assert_eq!(request.target, "/v1/chat?x=1");
    assert_eq!(request.header("authorization"), Some("Bearer k"));
    assert_eq!(request.json()["model"], "x");
}

#[tokio::test]
async fn scripts_may_be_for_one_path() {
    let server = ReplayServer::start([Script::json(200, "any"), Script::json(200, "tags").on("/api/tags")]).await;
    server.push(Script::json(200, "last"));
    assert!(ask(&server, "/api/tags?x").await.ends_with("any"));
    assert!(ask(&server, "/v1/models").await.ends_with("last"));
    assert!(ask(&server, "/api/tags?x").await.ends_with("tags"));
}

#[tokio::test]
async fn notices_a_client_that_hangs_up() {
    let server = ReplayServer::start([
        Script::new(200).chunk("data: 1\n\n").hang(),
        Script::new(200).chunk("data: 1\n\n").pause(Duration::from_hours(1)).end(),
        Script::silence(),
    ])
    .await;
    for count in 1..=3 {
        let stream = send(&server, "GET / HTTP/1.1\r\n\r\n").await;
        server.wait_for_requests(count).await;
        drop(stream);
        server.wait_for_hang_ups(count).await;
    }
}

#[tokio::test]
async fn cuts_and_resets() {
    let server =
        ReplayServer::start([Script::new(200).chunk("half"), Script::new(200).chunk("half").reset(), Script::refuse()])
            .await;
    // Cut: the connection ends in order, the body doesn't.
    assert!(ask(&server, "/").await.ends_with("4\r\nhalf\r\n"));
    for _ in 0..2 {
        let mut stream = send(&server, "GET / HTTP/1.1\r\n\r\n").await;
        let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
}
