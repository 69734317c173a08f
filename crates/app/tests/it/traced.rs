//! Traces reach a collector when one is configured.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Stdio,
    sync::mpsc,
    time::Duration,
};

use crate::crash::{command, free_port};

/// Takes one request, answers 200, and gives its head.
fn collector(listener: TcpListener) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).unwrap_or(0);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            if sender.send(String::from_utf8_lossy(&bytes[..length]).into_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

#[tokio::test]
async fn traces_are_exported_by_otlp() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let received = collector(listener);
    let data = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut child = command(data.path())
        .arg("serve")
        .env("PORT", port.to_string())
        .env("PARLANCE_SERVER__HOST", "127.0.0.1")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let http = reqwest::Client::new();
    for _ in 0..200 {
        if http.get(format!("http://127.0.0.1:{port}/api/v1/instance")).send().await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let head = tokio::task::spawn_blocking(move || received.recv_timeout(Duration::from_secs(20))).await.unwrap();
    let _ = child.kill();
    let _ = child.wait();
    let head = head.expect("the collector was asked");
    assert!(head.starts_with("POST /v1/traces "), "{head}");
    assert!(head.contains("application/x-protobuf"), "{head}");
}
