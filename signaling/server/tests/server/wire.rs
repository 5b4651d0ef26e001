//! HTTP and WebSocket as small as a test needs them: blocking, one request per connection.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// One browser: an address and its cookie.
#[derive(Clone)]
pub(crate) struct Http {
    address: SocketAddr,
    cookie: Option<String>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// The JSON of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        if self.body.is_empty() { Value::Null } else { serde_json::from_str(&self.body).unwrap() }
    }

    /// An answer that refuses for this reason.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, refusal: &str) {
        assert_eq!(self.expect(status)["refusal"], refusal);
    }

    /// One header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (given, value) = line.split_once(':')?;
            given.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Http {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None }
    }

    /// The same browser after the node came back at another port.
    pub(crate) fn moved(&self, address: SocketAddr) -> Self {
        Self { address, cookie: self.cookie.clone() }
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.exchange("GET", path, &[], b"")
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// Any request; a cookie in the answer is kept.
    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let reply = self.exchange(method, path, headers, body);
        if let Some(cookie) = reply.header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        reply
    }

    /// The session's token, for looking for it where it must not be.
    pub(crate) fn token(&self) -> Option<&str> {
        self.cookie.as_deref()?.split_once('=').map(|(_, token)| token)
    }

    fn exchange(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut stream = match TcpStream::connect(self.address) {
            Ok(stream) => stream,
            Err(error) => return Reply { status: 0, head: String::new(), body: error.to_string() },
        };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if let Some(cookie) = &self.cookie {
            head.push_str(&format!("Cookie: {cookie}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).unwrap();
        // A node that refuses a body by its size closes before it has read it all.
        let _ = stream.write_all(body);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        parse(&String::from_utf8_lossy(&bytes))
    }
}

fn parse(text: &str) -> Reply {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    let reply = Reply { status, head: head.to_owned(), body: body.to_owned() };
    if reply.header("transfer-encoding") == Some("chunked") {
        return Reply { body: unchunk(body), ..reply };
    }
    reply
}

fn unchunk(mut text: &str) -> String {
    let mut out = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap_or_default();
        if size == 0 {
            break;
        }
        out.push_str(&rest[..size]);
        text = &rest[size + 2..];
    }
    out
}

/// One client's WebSocket.
pub(crate) struct Socket(WebSocket<TcpStream>);

impl Socket {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let mut request = format!("ws://{address}/api/v1/ws").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "giaoban.v1".parse().unwrap());
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(tungstenite::client(request, stream).unwrap().0)
    }

    /// Comes in by a ticket; what the welcome says.
    pub(crate) fn hello(&mut self, ticket: &str) -> Value {
        self.come_in(&json!({ "kind": "ticket", "ticket": ticket }))
    }

    /// Comes back by a token.
    pub(crate) fn resume(&mut self, token: &str, seen: u64) -> Value {
        self.come_in(&json!({ "kind": "resume", "token": token, "seen": seen }))
    }

    fn come_in(&mut self, credential: &Value) -> Value {
        let hello = json!({ "type": "hello", "version": signaling_protocol::PROTOCOL_VERSION, "credential": credential, "device": "program" });
        self.send(0, 0, &hello).unwrap();
        loop {
            let message = self.next().expect("a welcome");
            match message["type"].as_str() {
                Some("welcome") => return message,
                Some("bye") => panic!("{message}"),
                _other => {}
            }
        }
    }

    /// Sends a request.
    pub(crate) fn send(&mut self, id: u64, seen: u64, message: &Value) -> Result<(), tungstenite::Error> {
        let frame = json!({ "id": id, "seen": seen, "message": message });
        self.0.send(Message::text(frame.to_string()))
    }

    /// Sends what no client of ours sends.
    pub(crate) fn send_raw(&mut self, message: Message) {
        self.0.send(message).unwrap();
    }

    /// Sends bytes that are no frame, or one no library makes.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    /// The next message; `None` when the connection has ended.
    pub(crate) fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    return Some(frame["message"].clone());
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_other) => {}
            }
        }
    }

    /// Reads until a message of this type.
    pub(crate) fn until(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().unwrap_or_else(|| panic!("the connection ended before `{kind}`"));
            if message["type"] == kind {
                return message;
            }
        }
    }
}
