//! A node with one room, and the clients in it.

use crate::interop::client::{Client, PATIENCE, Setup};
use sfu_control::{Gate, PeerId, ReceiveProfile, RoomId, SfuCommand, SfuEvent, Slot, Source, View};
use sfu_node::{Listen, ListenAddress, Node, NodeConfig, NodeMetrics, Offload};
use std::{
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU16,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};

const ROOM: RoomId = RoomId::new(1);

pub(crate) struct Room {
    node: Node,
    events: UnboundedReceiver<SfuEvent>,
}

/// A client, the peer it is to the node, and where its slots are.
pub(crate) struct Member {
    pub(crate) client: Client,
    pub(crate) peer: PeerId,
    slots: Vec<(Slot, String)>,
}

impl Member {
    /// The slot of an m-line.
    pub(crate) fn slot(&self, mid: &str) -> Slot {
        self.slots.iter().find(|(_, name)| name == mid).expect("packets come in slots only").0
    }
}

impl Room {
    /// Starts a node on loopback and opens a room.
    pub(crate) fn open() -> Self {
        let (sender, events) = unbounded_channel();
        let config = NodeConfig {
            listen: Listen::Addresses(vec![ListenAddress::same(IpAddr::V4(Ipv4Addr::LOCALHOST))]),
            first_port: 0,
            workers: NonZeroU16::MIN,
            max_peers: 10,
            offload: Offload::Automatic,
        };
        let node = Node::start(&config, move |event| sender.send(event).unwrap_or(())).unwrap();
        let room = Self { node, events };
        room.ask(SfuCommand::OpenRoom { room: ROOM });
        room
    }

    /// Brings a client in: offer, answer, ICE, DTLS; it wants to see everything in full size.
    pub(crate) async fn join(&mut self, setup: Setup) -> Member {
        let peer = PeerId::new(setup.number.into());
        let (mut client, offer) = Client::new(setup).await;
        self.ask(SfuCommand::Connect { peer, room: ROOM, offer });
        let answered = self.event("an answer", |event| matches!(event, SfuEvent::Answered { .. })).await;
        let SfuEvent::Answered { answer, slots, .. } = answered else { unreachable!() };
        client.connect(answer).await;
        self.event("Connected", |event| *event == SfuEvent::Connected { peer }).await;
        self.set_programme_height(peer, 720);
        Member { client, peer, slots }
    }

    /// Says how tall a client shows the programme.
    pub(crate) fn set_programme_height(&self, peer: PeerId, height: u16) {
        let profile = ReceiveProfile::Full;
        let view = View { profile, programme_height: height, slides_height: 720, mosaic: Vec::new() };
        self.ask(SfuCommand::SetView { peer, view });
    }

    pub(crate) fn gate(&self, source: Source, gate: Gate) {
        self.ask(SfuCommand::SetGate { peer: source.peer, kind: source.kind, gate });
    }

    pub(crate) fn show_to_all(&self, source: Source) {
        self.ask(SfuCommand::SetProgramme { room: ROOM, source: Some(source), reverse: None });
    }

    pub(crate) fn give_floor(&self, source: Option<Source>) {
        self.ask(SfuCommand::SetFloor { room: ROOM, source });
    }

    pub(crate) fn metrics(&self) -> NodeMetrics {
        self.node.metrics()
    }

    fn ask(&self, command: SfuCommand) {
        self.node.send(command).unwrap();
    }

    /// Waits for an event; a refusal or a lost peer ends the test.
    async fn event(&mut self, what: &str, wanted: impl Fn(&SfuEvent) -> bool) -> SfuEvent {
        let waiting = async {
            loop {
                let event = self.events.recv().await.expect("the node lives");
                let ended = matches!(event, SfuEvent::Refused { .. } | SfuEvent::Disconnected { .. });
                assert!(!ended, "waiting for {what}: {event:?}");
                if wanted(&event) {
                    return event;
                }
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what} did not come"))
    }
}
