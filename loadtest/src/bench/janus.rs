//! Debian's Janus with its video room as a server under measurement, as one would run it on one processor: ICE-lite, one
//! event loop, no limit on the bit rate. Its own documentation of the configuration and of the video room's requests is
//! what this follows; nothing of it is here.

use super::{
    crowd::{Crowd, Who},
    sdp::{self, Line},
    server::{Film, Process, Server, pinned},
};
use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Message, WebSocket, client, http::Uri};

/// Where Debian puts it.
pub(super) const PROGRAM: &str = "/usr/bin/janus";
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Attempts to reach it while it starts, and the time between them.
const START_ATTEMPTS: usize = 200;
const START_PAUSE: Duration = Duration::from_millis(50);

/// A running Janus.
pub(super) struct Janus {
    process: Process,
    socket: WebSocket<TcpStream>,
    session: u64,
    transactions: u64,
    folder: PathBuf,
}

impl Janus {
    /// Starts one with a configuration of its own.
    pub(super) fn start(program: &Path, processor: Option<usize>) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("giaoban-bench-janus-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        configure(&folder, port)?;
        let log = File::create(folder.join("log"))?;
        let child = pinned(program, processor)
            .arg("-F")
            .arg(&folder)
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let process = Process(child);
        let socket = open(port)?;
        let mut janus = Self { process, socket, session: 0, transactions: 0, folder };
        let created = janus.ask(json!({ "janus": "create" }))?;
        janus.session = id_of(&created)?;
        Ok(janus)
    }

    /// Sends a request and waits for what answers it, which is not its acknowledgement.
    fn ask(&mut self, mut request: Value) -> anyhow::Result<Value> {
        self.transactions += 1;
        let transaction = self.transactions.to_string();
        let fields = request.as_object_mut().context("a request is an object")?;
        fields.insert("transaction".to_owned(), json!(transaction));
        if self.session != 0 {
            fields.insert("session_id".to_owned(), json!(self.session));
        }
        self.socket.send(Message::text(request.to_string()))?;
        loop {
            let Message::Text(text) = self.socket.read()? else { continue };
            let answer: Value = serde_json::from_str(&text)?;
            if answer.get("transaction") != Some(&json!(transaction)) {
                continue;
            }
            match answer.get("janus").and_then(Value::as_str) {
                Some("ack") => {}
                Some("success" | "event") => {
                    let refused = answer.pointer("/plugindata/data/error");
                    ensure!(refused.is_none(), "Janus refused: {answer}");
                    return Ok(answer);
                }
                Some(_) | None => bail!("Janus refused: {answer}"),
            }
        }
    }

    fn attach(&mut self) -> anyhow::Result<u64> {
        let attached = self.ask(json!({ "janus": "attach", "plugin": "janus.plugin.videoroom" }))?;
        id_of(&attached)
    }

    fn message(&mut self, handle: u64, body: &Value, jsep: Option<Value>) -> anyhow::Result<Value> {
        let mut request = json!({ "janus": "message", "handle_id": handle, "body": body });
        if let (Some(jsep), Some(fields)) = (jsep, request.as_object_mut()) {
            fields.insert("jsep".to_owned(), jsep);
        }
        self.ask(request)
    }

    fn watch(&mut self, crowd: &mut Crowd, who: Who, feeds: &[u32]) -> anyhow::Result<()> {
        let handle = self.attach()?;
        let streams: Vec<_> = feeds.iter().map(|feed| json!({ "feed": feed })).collect();
        let body = json!({ "request": "join", "ptype": "subscriber", "room": who.room, "streams": streams });
        let joined = self.message(handle, &body, None)?;
        let offer = description_of(&joined)?;
        let remote = sdp::read(offer)?;
        let streams: Vec<u32> = remote.streams.iter().copied().flatten().collect();
        let (index, identity) = crowd.add(who);
        let jsep = json!({ "type": "answer", "sdp": sdp::answer(&identity, offer) });
        self.message(handle, &json!({ "request": "start" }), Some(jsep))?;
        crowd.connect(index, remote, &streams);
        Ok(())
    }
}

impl Server for Janus {
    fn pid(&self) -> u32 {
        self.process.0.id()
    }

    fn open_room(&mut self, room: u32) -> anyhow::Result<()> {
        let handle = self.attach()?;
        let body = json!({
            "request": "create", "room": room, "publishers": 100, "videocodec": "vp8", "audiocodec": "opus",
        });
        self.message(handle, &body, None)?;
        Ok(())
    }

    fn join_publisher(&mut self, crowd: &mut Crowd, who: Who, film: Film) -> anyhow::Result<()> {
        let handle = self.attach()?;
        let (index, identity) = crowd.add(who);
        let offer = sdp::offer(&identity, &[Line::SendVideo(Some(Crowd::ssrc_of(index)))]);
        let body = json!({
            "request": "joinandconfigure", "ptype": "publisher", "room": who.room, "id": who.participant,
        });
        let answered = self.message(handle, &body, Some(json!({ "type": "offer", "sdp": offer })))?;
        let remote = sdp::read(description_of(&answered)?)?;
        crowd.connect(index, remote, &[]);
        crowd.film(index, film.shape, film.first);
        // A publisher can be watched as soon as it is connected, and not before.
        Ok(crowd.until_connected()?)
    }

    fn join_viewer(&mut self, crowd: &mut Crowd, who: Who) -> anyhow::Result<()> {
        let publisher = crowd.publisher_of(who.room).context("nobody publishes in this room")?;
        self.watch(crowd, who, &[publisher])
    }

    fn meet(&mut self, crowd: &mut Crowd, people: &[Who], film: Film) -> anyhow::Result<()> {
        for who in people {
            self.join_publisher(crowd, *who, film)?;
        }
        for who in people {
            let others =
                people.iter().map(|other| other.participant).filter(|other| *other != who.participant);
            self.watch(crowd, *who, &others.collect::<Vec<_>>())?;
            crowd.until_connected()?;
        }
        Ok(())
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        // What is left is a few files in the system's folder for such.
        let _left = fs::remove_dir_all(&self.folder);
    }
}

fn configure(folder: &Path, port: u16) -> anyhow::Result<()> {
    let files = [
        (
            "janus.jcfg",
            "general: { debug_level = 2; session_timeout = 0; event_loops = 1; }\n\
             media: { rtp_port_range = \"20000-60000\"; }\n\
             nat: { ice_lite = true; full_trickle = false; }\n\
             plugins: { disable = \"libjanus_audiobridge.so,libjanus_echotest.so,libjanus_streaming.so,\
             libjanus_recordplay.so,libjanus_sip.so,libjanus_nosip.so,libjanus_textroom.so,\
             libjanus_videocall.so,libjanus_voicemail.so,libjanus_lua.so,libjanus_duktape.so\"; }\n\
             transports: { disable = \"libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,\
             libjanus_pfunix.so,libjanus_rabbitmq.so\"; }\n\
             events: { broadcast = false; }\n"
                .to_owned(),
        ),
        (
            "janus.transport.websockets.jcfg",
            format!("general: {{ ws = true; ws_port = {port}; ws_ip = \"127.0.0.1\"; wss = false; }}\n"),
        ),
        ("janus.plugin.videoroom.jcfg", "general: { }\n".to_owned()),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Connects as soon as it listens.
fn open(port: u16) -> anyhow::Result<WebSocket<TcpStream>> {
    let uri: Uri = format!("ws://127.0.0.1:{port}").parse()?;
    for _ in 0..START_ATTEMPTS {
        let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
            std::thread::park_timeout(START_PAUSE);
            continue;
        };
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = ClientRequestBuilder::new(uri).with_sub_protocol("janus-protocol");
        return Ok(client(request, stream)?.0);
    }
    bail!("Janus does not listen")
}

fn id_of(answer: &Value) -> anyhow::Result<u64> {
    answer.pointer("/data/id").and_then(Value::as_u64).with_context(|| format!("no id: {answer}"))
}

fn description_of(answer: &Value) -> anyhow::Result<&str> {
    answer.pointer("/jsep/sdp").and_then(Value::as_str).with_context(|| format!("no description: {answer}"))
}
