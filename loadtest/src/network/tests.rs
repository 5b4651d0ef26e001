//! The network side against a door of a few lines that says what it is told to and notes what it hears.

use super::*;
use signaling_protocol::{ClientMessage, FactNumber, RequestId, UtcSeconds};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::handshake::server::{Request, Response as Upgrade},
};

#[test]
fn only_plain_http_with_a_port_is_a_server() {
    for address in
        ["http://127.0.0.1:8080", "http://127.0.0.1:8080/", "http://[::1]:8080", "http://localhost:1"]
    {
        assert!(Server::new(address).is_ok(), "{address}");
    }
    for address in ["https://127.0.0.1:8443", "127.0.0.1:8080", "http://a", "http://a:80/b", "", "http://"] {
        assert!(Server::new(address).is_err(), "{address}");
    }
}

#[test]
fn the_local_address_is_of_the_servers_family() {
    let address = |server| Server::new(server).unwrap().local_address().unwrap();
    assert_eq!(address("http://127.0.0.1:1"), IpAddr::from([127, 0, 0, 1]));
    assert!(address("http://[::1]:1").is_ipv6());
}

/// What the door heard: each request's head and body.
type Heard = Arc<Mutex<Vec<String>>>;

/// Answers one HTTP request with this text.
async fn door(response: &'static str) -> (Server, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let heard = Heard::default();
    let notes = Arc::clone(&heard);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = String::new();
        while !is_whole(&request) {
            let mut bytes = [0; 4_096];
            let length = stream.read(&mut bytes).await.unwrap();
            request.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        }
        notes.lock().unwrap().push(request);
        stream.write_all(response.as_bytes()).await.unwrap();
    });
    (server, heard)
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn site() -> SignIn {
    SignIn::Site { code: "00101".into(), secret: "s3cret".into() }
}

const SESSION: &str = r#"{"account":"a1","kind":"site","name":"n","unit":"00101","unitName":"n","grants":[],"mustChangePassword":false}"#;

fn response(status: &str, headers: &str, body: &str) -> &'static str {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .leak()
}

#[tokio::test]
async fn a_sign_in_gives_its_cookie_to_the_next_request() {
    let cookie = "set-cookie: giaoban=abc; HttpOnly; SameSite=Strict; Path=/\r\n";
    let (server, heard) = door(response("200 OK", cookie, SESSION)).await;
    let session = server.sign_in(site()).await.unwrap();
    assert_eq!(session.0, "giaoban=abc");
    let request = heard.lock().unwrap()[0].clone();
    assert!(request.starts_with("POST /api/v1/session HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("content-type: application/json"), "{request}");
    assert!(request.ends_with(r#"{"kind":"site","code":"00101","secret":"s3cret"}"#), "{request}");

    let (server, heard) = door(response("200 OK", "", r#"{"ticket":"t1","replaces":false}"#)).await;
    let issued = server.ticket(&session, &MeetingId::parse("m-1").unwrap()).await.unwrap();
    assert_eq!(issued.ticket.expose(), "t1");
    let request = heard.lock().unwrap()[0].clone();
    assert!(request.starts_with("POST /api/v1/meetings/m-1/ticket HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("cookie: giaoban=abc\r\n"), "{request}");
}

#[tokio::test]
async fn an_offer_is_answered_with_201_and_nothing_else() {
    let token = ResumeToken::parse("r1").unwrap();
    let (server, heard) = door(response("201 Created", "content-type: application/sdp\r\n", "v=0\r\n")).await;
    assert_eq!(server.answer(&token, "v=0 offer".into()).await.unwrap(), "v=0\r\n");
    let request = heard.lock().unwrap()[0].clone();
    assert!(request.contains("authorization: Bearer r1\r\n"), "{request}");
    assert!(request.contains("content-type: application/sdp\r\n"), "{request}");

    let (server, _) = door(response("200 OK", "", "v=0\r\n")).await;
    let error = server.answer(&token, String::new()).await.unwrap_err();
    assert!(matches!(error, NetworkError::Unexpected { status: 200 }), "{error}");
}

#[tokio::test]
async fn a_refusal_keeps_its_reason_and_other_failures_their_status() {
    let (server, _) = door(response("403 Forbidden", "", r#"{"refusal":"wrongCredential"}"#)).await;
    let refused = server.sign_in(site()).await.err().unwrap();
    assert!(matches!(refused, NetworkError::Refused { refusal: Refusal::WrongCredential }), "{refused}");

    let (server, _) = door(response("502 Bad Gateway", "", "<html>")).await;
    let failed = server.sign_in(site()).await.err().unwrap();
    assert!(matches!(failed, NetworkError::Unexpected { status: 502 }), "{failed}");

    // Signed in, but without a session to go on with.
    let (server, _) = door(response("200 OK", "", SESSION)).await;
    assert!(server.sign_in(site()).await.is_err());
}

#[tokio::test]
async fn a_socket_speaks_the_subprotocol_and_says_when_it_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let door = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        #[expect(clippy::result_large_err, reason = "the library's callback")]
        let check = |request: &Request, mut upgrade: Upgrade| {
            assert_eq!(request.uri().path(), "/api/v1/ws");
            let protocol = request.headers()["sec-websocket-protocol"].clone();
            upgrade.headers_mut().insert("sec-websocket-protocol", protocol);
            Ok(upgrade)
        };
        let mut socket = accept_hdr_async(stream, check).await.unwrap();
        let heard = socket.next().await.unwrap().unwrap();
        for text in [r#"{"message":{"type":"pong","serverTime":7}}"#, r#"{"message":{"type":"news"}}"#] {
            socket.send(Message::text(text)).await.unwrap();
        }
        socket.close(None).await.unwrap();
        heard.into_text().unwrap().to_string()
    });
    let mut socket = server.open_socket().await.unwrap();
    let frame = ClientFrame { id: RequestId(3), seen: FactNumber(2), message: ClientMessage::Ping {} };
    socket.send(&frame).await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), ServerMessage::Pong { server_time: UtcSeconds(7) });
    assert!(
        matches!(socket.receive().await.unwrap_err(), NetworkError::Frame(_)),
        "unknown messages are named"
    );
    assert!(matches!(socket.receive().await.unwrap_err(), NetworkError::Closed));
    assert_eq!(door.await.unwrap(), r#"{"id":3,"seen":2,"message":{"type":"ping"}}"#);
}
