//! Signaling of a few lines in front of a real node: it lets everybody in, puts the first who comes on the stage with
//! an open microphone, and passes on what the node needs of each. It decides nothing a real meeting decides.

use futures_util::{SinkExt, StreamExt};
use sfu_control::{
    Demand, Gate, Layer, PeerId, ReceiveProfile, RoomId, SfuCommand, SfuEvent, Source, SourceKind, View,
};
use sfu_node::{Listen, ListenAddress, Node, NodeConfig, NodeMetrics, Offload};
use signaling_protocol::{
    Change, ClientFrame, ClientMessage, Connection, Credential, FactNumber, Microphone, Occupant, Outcome,
    PROTOCOL_VERSION, PublishDemand, PublishSource, RequestId, ResumeToken, Resumed, Role, SeatId, SeatView,
    ServerFrame, ServerMessage, TierCode, UnitCode, UtcSeconds, WIRE_LIMITS, Welcome, You,
};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU16,
    ops::ControlFlow,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
    },
};

const ROOM: RoomId = RoomId::new(1);
/// Who is on the stage.
const FIRST: PeerId = PeerId::new(1);

/// A running door; it lives as long as the test's runtime.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    node: Node,
    answers: Mutex<HashMap<PeerId, oneshot::Sender<SfuEvent>>>,
    clients: Mutex<HashMap<PeerId, mpsc::UnboundedSender<ServerMessage>>>,
}

impl Door {
    pub(crate) async fn open() -> Self {
        let (sender, mut events) = mpsc::unbounded_channel();
        let config = NodeConfig {
            listen: Listen::Addresses(vec![ListenAddress::same(IpAddr::V4(Ipv4Addr::LOCALHOST))]),
            first_port: 0,
            workers: NonZeroU16::MIN,
            max_peers: 100,
            offload: Offload::Automatic,
        };
        let node = Node::start(&config, move |event| sender.send(event).unwrap_or(())).unwrap();
        let state = Arc::new(State { node, answers: Mutex::default(), clients: Mutex::default() });
        state.ask(SfuCommand::OpenRoom { room: ROOM });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let for_events = Arc::clone(&state);
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                for_events.on_event(event);
            }
        });
        let for_visitors = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&for_visitors).serve(stream));
            }
        });
        Self { address, state }
    }

    pub(crate) fn metrics(&self) -> NodeMetrics {
        self.state.node.metrics()
    }
}

impl State {
    fn ask(&self, command: SfuCommand) {
        self.node.send(command).unwrap();
    }

    fn on_event(&self, event: SfuEvent) {
        match event {
            SfuEvent::Answered { peer, .. } | SfuEvent::Refused { peer, .. } => {
                let waiting = self.answers.lock().unwrap().remove(&peer);
                waiting.unwrap().send(event).unwrap();
            }
            SfuEvent::Demanded { peer, kind, demand } => {
                if let Some(client) = self.clients.lock().unwrap().get(&peer) {
                    let message =
                        ServerMessage::Publish { source: source_name(kind), demand: demand_name(demand) };
                    client.send(message).unwrap_or(());
                }
            }
            SfuEvent::Connected { .. }
            | SfuEvent::Disconnected { .. }
            | SfuEvent::SlotSwitched { .. }
            | SfuEvent::Speaking { .. }
            | SfuEvent::Line { .. }
            | SfuEvent::LinkOffered { .. }
            | SfuEvent::LinkAnswered { .. }
            | SfuEvent::LinkRefused { .. }
            | SfuEvent::LinkUp { .. }
            | SfuEvent::LinkDown { .. }
            | SfuEvent::LinkLine { .. } => {}
        }
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let mut start = [0; 16];
        stream.peek(&mut start).await.unwrap();
        if start.starts_with(b"GET /api/v1/ws") { self.socket(stream).await } else { self.http(stream).await }
    }

    async fn http(&self, mut stream: TcpStream) {
        let request = read_request(&mut stream).await;
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let (status, headers, body) = match head.split(' ').nth(1).unwrap() {
            "/api/v1/session" => {
                let code: serde_json::Value = serde_json::from_str(body).unwrap();
                let code = code["code"].as_str().unwrap();
                let session = serde_json::json!({
                    "account": code, "kind": "site", "name": code, "unit": code, "unitName": code,
                    "grants": [], "mustChangePassword": false,
                });
                ("200 OK", format!("set-cookie: seat={code}; HttpOnly\r\n"), session.to_string())
            }
            "/api/v1/rtc" => {
                let peer = peer_of(header(head, "authorization: Bearer "));
                ("201 Created", String::new(), self.answer(peer, body.to_owned()).await)
            }
            path if path.ends_with("/ticket") => {
                let ticket =
                    serde_json::json!({ "ticket": header(head, "cookie: seat="), "replaces": false });
                ("200 OK", String::new(), ticket.to_string())
            }
            path => panic!("{path} is no part of joining"),
        };
        let length = body.len();
        let response = format!(
            "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        stream.write_all(response.as_bytes()).await.unwrap();
    }

    async fn answer(&self, peer: PeerId, offer: String) -> String {
        let (sender, answer) = oneshot::channel();
        self.answers.lock().unwrap().insert(peer, sender);
        self.ask(SfuCommand::Connect { peer, room: ROOM, offer });
        let event = answer.await.unwrap();
        let SfuEvent::Answered { answer, .. } = event else { panic!("{event:?}") };
        if peer == FIRST {
            for kind in [SourceKind::Microphone, SourceKind::Camera] {
                self.ask(SfuCommand::SetGate { peer, kind, gate: Gate::Open });
            }
            let of = |kind| Some(Source { peer, kind });
            self.ask(SfuCommand::SetProgramme { room: ROOM, source: of(SourceKind::Camera), reverse: None });
            self.ask(SfuCommand::SetFloor { room: ROOM, source: of(SourceKind::Microphone) });
        }
        let profile = ReceiveProfile::Full;
        let view = View { profile, programme_height: 720, slides_height: 0, mosaic: Vec::new() };
        self.ask(SfuCommand::SetView { peer, view });
        answer
    }

    async fn socket(&self, stream: TcpStream) {
        #[expect(clippy::result_large_err, reason = "the library's callback")]
        let echo_protocol = |request: &Request, mut response: Response| {
            let protocol = request.headers()["sec-websocket-protocol"].clone();
            response.headers_mut().insert("sec-websocket-protocol", protocol);
            Ok(response)
        };
        let (mut to, mut from) = accept_hdr_async(stream, echo_protocol).await.unwrap().split();
        let (sender, mut messages) = mpsc::unbounded_channel();
        loop {
            tokio::select! {
                frame = from.next() => {
                    let Some(Ok(Message::Text(text))) = frame else { return };
                    let frame: ClientFrame = serde_json::from_str(&text).unwrap();
                    if self.on_frame(frame, &sender).is_break() {
                        return;
                    }
                }
                Some(message) = messages.recv() => {
                    let text = serde_json::to_string(&ServerFrame { message }).unwrap();
                    to.send(Message::text(text)).await.unwrap();
                }
            }
        }
    }

    /// Answers a frame; breaks off at a farewell.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else is asked, the door says yes and does nothing"
    )]
    fn on_frame(&self, frame: ClientFrame, client: &mpsc::UnboundedSender<ServerMessage>) -> ControlFlow<()> {
        let say = |message| client.send(message).unwrap();
        match frame.message {
            ClientMessage::Hello(hello) => {
                let Credential::Ticket { ticket } = &hello.credential else { panic!("nobody resumes here") };
                let peer = peer_of(ticket.expose());
                self.clients.lock().unwrap().insert(peer, client.clone());
                say(welcome(ticket.expose()));
                if peer == FIRST {
                    let seat = may_speak(ticket.expose());
                    say(ServerMessage::Changed { fact: FactNumber(1), changes: vec![Change::Seat { seat }] });
                }
            }
            ClientMessage::Leave {} => return ControlFlow::Break(()),
            ClientMessage::Ping {} => say(ServerMessage::Pong { server_time: UtcSeconds(1) }),
            _ => say(ServerMessage::Reply { re: frame.id, outcome: Outcome::Done { fact: frame.seen } }),
        }
        ControlFlow::Continue(())
    }
}

/// The seat of whoever is on the stage.
fn may_speak(code: &str) -> SeatView {
    SeatView {
        seat: SeatId::parse(code).unwrap(),
        occupant: Occupant::Site { unit: UnitCode::parse(code).unwrap() },
        name: code.to_owned(),
        detail: String::new(),
        tier: TierCode::parse("tier").unwrap(),
        parent: None,
        role: Role::Site,
        order: 0,
        connection: Connection::Connected { since: UtcSeconds(1) },
        microphone: Microphone::Open,
        camera: true,
        may_present: false,
        branch: None,
    }
}

fn welcome(ticket: &str) -> ServerMessage {
    ServerMessage::Welcome(Welcome {
        version: PROTOCOL_VERSION,
        you: You { seat: SeatId::parse(ticket).unwrap(), role: Role::Site, actions: Vec::new() },
        resumed: Resumed::Fresh,
        resume_token: ResumeToken::parse(ticket).unwrap(),
        last_request: RequestId(0),
        server_time: UtcSeconds(1),
        limits: WIRE_LIMITS,
    })
}

/// A site's code is its peer's number.
fn peer_of(code: &str) -> PeerId {
    PeerId::new(code.parse().unwrap())
}

fn header<'a>(head: &'a str, prefix: &str) -> &'a str {
    head.lines().find_map(|line| line.strip_prefix(prefix)).unwrap()
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = String::new();
    loop {
        if let Some((head, body)) = request.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return request;
            }
        }
        let mut bytes = [0; 16_384];
        let length = stream.read(&mut bytes).await.unwrap();
        request.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
    }
}

fn source_name(kind: SourceKind) -> PublishSource {
    match kind {
        SourceKind::Microphone => PublishSource::Microphone,
        SourceKind::Camera => PublishSource::Camera,
        SourceKind::Screen => PublishSource::Screen,
        SourceKind::ScreenAudio => PublishSource::ScreenAudio,
    }
}

fn demand_name(demand: Demand) -> PublishDemand {
    match demand {
        Demand::Paused => PublishDemand::Paused,
        Demand::UpTo(Layer::Low) => PublishDemand::Low,
        Demand::UpTo(Layer::Medium) => PublishDemand::Medium,
        Demand::UpTo(Layer::High) => PublishDemand::High,
    }
}
