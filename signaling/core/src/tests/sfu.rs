//! An SFU that believes what it is told, and complains when it is told twice.

use indexmap::IndexMap;
use sfu_control::{Gate, LinkId, PeerId, RoomId, SfuCommand, SfuEvent, Source, SourceKind, View};
use std::collections::{BTreeMap, BTreeSet};

/// What everybody in a room is shown.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Stage {
    pub(super) programme: Option<Source>,
    pub(super) reverse: Option<Source>,
    pub(super) slides: Option<Source>,
    pub(super) floor: Option<Source>,
}

/// What an SFU knows after the commands so far.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct SfuModel {
    pub(super) rooms: IndexMap<RoomId, Stage>,
    pub(super) peers: BTreeMap<PeerId, RoomId>,
    pub(super) open: BTreeSet<Source>,
    pub(super) views: BTreeMap<PeerId, View>,
    /// Links that carry media, or are about to.
    pub(super) links: BTreeSet<LinkId>,
    /// Which rooms go on beyond which links.
    pub(super) spans: BTreeSet<(RoomId, LinkId)>,
    /// What it has to say of links.
    pub(super) says: Vec<SfuEvent>,
    /// Commands taken.
    pub(super) count: usize,
}

impl SfuModel {
    /// Takes a command; panics if it changes nothing or speaks of somebody unknown.
    pub(super) fn take(&mut self, command: &SfuCommand) {
        self.count += 1;
        if let Some(link) = command.link() {
            return self.take_link(link, command);
        }
        match command {
            SfuCommand::OpenRoom { room } => {
                assert!(self.rooms.insert(*room, Stage::default()).is_none(), "opened twice: {room:?}");
            }
            SfuCommand::CloseRoom { room } => {
                assert!(self.rooms.shift_remove(room).is_some(), "closed twice: {room:?}");
                self.spans.retain(|(spanned, _)| spanned != room);
                let gone: Vec<PeerId> =
                    self.peers.iter().filter(|(_, of)| *of == room).map(|(peer, _)| *peer).collect();
                gone.into_iter().for_each(|peer| self.forget(peer));
            }
            SfuCommand::Connect { peer, room, .. } => {
                assert!(self.rooms.contains_key(room), "no such room: {command:?}");
                assert!(self.peers.insert(*peer, *room).is_none(), "connected twice: {command:?}");
            }
            SfuCommand::Renegotiate { peer, .. } => self.know(*peer, command),
            SfuCommand::Disconnect { peer } => {
                self.know(*peer, command);
                self.forget(*peer);
            }
            SfuCommand::SetGate { peer, kind, gate } => {
                self.know(*peer, command);
                let source = Source { peer: *peer, kind: *kind };
                let changed = match gate {
                    Gate::Open => self.open.insert(source),
                    Gate::Closed => self.open.remove(&source),
                };
                assert!(changed, "told again: {command:?}");
            }
            SfuCommand::MoveTo { peer, room } => {
                self.know(*peer, command);
                assert!(self.rooms.contains_key(room), "no such room: {command:?}");
                assert_ne!(self.peers.insert(*peer, *room), Some(*room), "told again: {command:?}");
                for kind in [SourceKind::Microphone, SourceKind::Screen, SourceKind::ScreenAudio] {
                    assert!(!self.passes(*peer, kind), "on the way with an open {kind:?}: {command:?}");
                }
            }
            SfuCommand::SetProgramme { room, source, reverse } => self.stage(*room, command, |stage| {
                (stage.programme, stage.reverse) = (*source, *reverse);
            }),
            SfuCommand::SetSlides { room, source } => {
                self.stage(*room, command, |stage| stage.slides = *source);
            }
            SfuCommand::SetFloor { room, source } => {
                self.stage(*room, command, |stage| stage.floor = *source);
            }
            SfuCommand::SetView { peer, view } => {
                self.know(*peer, command);
                let earlier = self.views.insert(*peer, view.clone());
                assert_ne!(earlier.as_ref(), Some(view), "told again: {command:?}");
            }
            other => panic!("of a link: {other:?}"),
        }
    }

    /// Both ends of a link find each other at once.
    fn take_link(&mut self, link: LinkId, command: &SfuCommand) {
        match command {
            SfuCommand::DialLink { .. } => {
                assert!(self.links.insert(link), "dialled twice: {command:?}");
                self.says.push(SfuEvent::LinkOffered { link, offer: format!("offer {link:?}") });
            }
            SfuCommand::AcceptLink { offer, .. } => {
                assert!(self.links.insert(link), "accepted twice: {command:?}");
                let answer = offer.replace("offer", "answer");
                self.says.push(SfuEvent::LinkAnswered { link, answer });
                self.says.push(SfuEvent::LinkUp { link });
            }
            SfuCommand::CompleteLink { answer, .. } => {
                assert_eq!(*answer, format!("answer {link:?}"), "of another link: {command:?}");
                self.says.push(SfuEvent::LinkUp { link });
            }
            SfuCommand::CloseLink { .. } => {
                assert!(self.links.remove(&link), "no such link: {command:?}");
                self.spans.retain(|(_, over)| *over != link);
            }
            SfuCommand::Span { room, .. } => {
                assert!(self.rooms.contains_key(room) && self.links.contains(&link), "unknown: {command:?}");
                assert!(self.spans.insert((*room, link)), "spanned twice: {command:?}");
            }
            SfuCommand::Unspan { room, .. } => {
                assert!(self.spans.remove(&(*room, link)), "not spanned: {command:?}");
            }
            other => panic!("not of a link: {other:?}"),
        }
    }

    /// What everybody in the first room there is is shown: the plenary's.
    pub(super) fn stage_of_plenary(&self) -> Stage {
        self.rooms.values().next().copied().unwrap_or_default()
    }

    /// What everybody in a peer's room is shown.
    pub(super) fn stage_of(&self, peer: PeerId) -> Stage {
        self.rooms[&self.peers[&peer]]
    }

    fn stage(&mut self, room: RoomId, command: &SfuCommand, change: impl FnOnce(&mut Stage)) {
        let stage = self.rooms.get_mut(&room).unwrap_or_else(|| panic!("no such room: {command:?}"));
        let before = *stage;
        change(stage);
        assert_ne!(*stage, before, "told again: {command:?}");
    }

    /// Nobody is asked to be shown what is in another room. A peer that is gone is in none.
    pub(super) fn check_rooms(&self) {
        let is_in = |source: &Source, room: &RoomId| self.peers.get(&source.peer).is_none_or(|of| of == room);
        for (room, stage) in &self.rooms {
            let shared = [stage.programme, stage.reverse, stage.slides, stage.floor];
            assert!(shared.iter().flatten().all(|source| is_in(source, room)), "{room:?}: {stage:?}");
        }
        for (peer, view) in &self.views {
            let room = &self.peers[peer];
            assert!(view.mosaic.iter().all(|wish| is_in(&wish.source, room)), "{peer:?}: {view:?}");
        }
    }

    /// Whether a source passes.
    pub(super) fn passes(&self, peer: PeerId, kind: SourceKind) -> bool {
        self.open.contains(&Source { peer, kind })
    }

    fn know(&self, peer: PeerId, command: &SfuCommand) {
        assert!(self.peers.contains_key(&peer), "unknown peer: {command:?}");
    }

    /// A peer that is gone by whatever cause.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.peers.remove(&peer);
        self.views.remove(&peer);
        self.open.retain(|source| source.peer != peer);
    }
}
