//! Our node as a server under measurement: the real media shell, told by lines of JSON what signaling would tell it.

use super::{
    crowd::{Crowd, Who},
    sdp::{self, Line},
    server::{Film, Process, Server, pinned},
};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    net::IpAddr,
    path::Path,
    process::{ChildStdin, ChildStdout, Stdio},
};

/// Lines before the pool's pictures: four to send, four of sound.
const FIRST_PICTURE: usize = 8;
/// Programme and slides.
const MAIN_PICTURES: usize = 2;

/// A running node.
pub(super) struct Node {
    process: Process,
    commands: ChildStdin,
    events: BufReader<ChildStdout>,
}

impl Node {
    /// Starts a node that listens on an address.
    pub(super) fn start(program: &Path, address: IpAddr, processor: Option<usize>) -> anyhow::Result<Self> {
        let mut command = pinned(program, processor);
        command.arg(address.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let commands = child.stdin.take().context("no way to the node")?;
        let events = BufReader::new(child.stdout.take().context("no way from the node")?);
        let mut node = Self { process: Process(child), commands, events };
        node.next_line()?;
        Ok(node)
    }

    fn next_line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        if self.events.read_line(&mut line)? == 0 {
            bail!("the node ended");
        }
        Ok(line)
    }

    fn tell(&mut self, command: &Value) -> anyhow::Result<()> {
        Ok(writeln!(self.commands, "{command}")?)
    }

    /// Hands in an offer with so many small pictures; the connection begins.
    fn connect(&mut self, crowd: &mut Crowd, who: Who, mosaic: usize) -> anyhow::Result<usize> {
        let (index, identity) = crowd.add(who);
        let camera = Line::SendVideo(Some(Crowd::ssrc_of(index)));
        let mut lines = vec![Line::SendAudio, camera, Line::SendVideo(None), Line::SendAudio];
        lines.resize(FIRST_PICTURE, Line::ReceiveAudio);
        lines.resize(FIRST_PICTURE + MAIN_PICTURES + mosaic, Line::ReceiveVideo);
        let offer = sdp::offer(&identity, &lines);
        self.tell(&json!({
            "type": "connect", "peer": who.participant, "room": who.room, "offer": offer,
        }))?;
        let event: Value = serde_json::from_str(&self.next_line()?)?;
        let answer =
            event.get("answer").and_then(Value::as_str).with_context(|| format!("refused: {event}"))?;
        let remote = sdp::read(answer)?;
        let first = if mosaic > 0 { FIRST_PICTURE + MAIN_PICTURES } else { FIRST_PICTURE };
        let pictures = if mosaic > 0 { mosaic } else { 1 };
        let watch: Vec<u32> = remote.streams.iter().skip(first).take(pictures).copied().flatten().collect();
        crowd.connect(index, remote, &watch);
        Ok(index)
    }

    fn open_gate(&mut self, peer: u32) -> anyhow::Result<()> {
        self.tell(&json!({ "type": "setGate", "peer": peer, "kind": "camera", "gate": "open" }))
    }
}

impl Server for Node {
    fn pid(&self) -> u32 {
        self.process.0.id()
    }

    fn open_room(&mut self, room: u32) -> anyhow::Result<()> {
        self.tell(&json!({ "type": "openRoom", "room": room }))
    }

    fn join_publisher(&mut self, crowd: &mut Crowd, who: Who, film: Film) -> anyhow::Result<()> {
        let index = self.connect(crowd, who, 0)?;
        // It watches nobody.
        crowd.watch_nothing(index);
        crowd.film(index, film.shape, film.first);
        self.open_gate(who.participant)?;
        let source = json!({ "peer": who.participant, "kind": "camera" });
        self.tell(&json!({ "type": "setProgramme", "room": who.room, "source": source, "reverse": null }))
    }

    fn join_viewer(&mut self, crowd: &mut Crowd, who: Who) -> anyhow::Result<()> {
        self.connect(crowd, who, 0)?;
        let view = json!({ "profile": "full", "programme_height": 720, "slides_height": 0, "mosaic": [] });
        self.tell(&json!({ "type": "setView", "peer": who.participant, "view": view }))
    }

    fn meet(&mut self, crowd: &mut Crowd, people: &[Who], film: Film) -> anyhow::Result<()> {
        for who in people {
            let index = self.connect(crowd, *who, people.len() - 1)?;
            crowd.film(index, film.shape, film.first);
            self.open_gate(who.participant)?;
        }
        for who in people {
            let others = people.iter().filter(|other| other.participant != who.participant);
            let wishes: Vec<_> = others
                .enumerate()
                .map(|(slot, other)| {
                    let source = json!({ "peer": other.participant, "kind": "camera" });
                    json!({ "slot": slot, "source": source, "height": 720 })
                })
                .collect();
            let view =
                json!({ "profile": "full", "programme_height": 0, "slides_height": 0, "mosaic": wishes });
            self.tell(&json!({ "type": "setView", "peer": who.participant, "view": view }))?;
        }
        Ok(())
    }
}
