//! An SFU that believes what it is told, and complains when it is told twice.

use sfu_control::{Gate, PeerId, RoomId, SfuCommand, Source, SourceKind, View};
use std::collections::{BTreeMap, BTreeSet};

/// What an SFU knows after the commands so far.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct SfuModel {
    pub(super) rooms: BTreeSet<RoomId>,
    pub(super) peers: BTreeMap<PeerId, RoomId>,
    pub(super) open: BTreeSet<Source>,
    pub(super) programme: Option<Source>,
    pub(super) reverse: Option<Source>,
    pub(super) slides: Option<Source>,
    pub(super) floor: Option<Source>,
    pub(super) views: BTreeMap<PeerId, View>,
    /// Commands taken.
    pub(super) count: usize,
}

impl SfuModel {
    /// Takes a command; panics if it changes nothing or speaks of somebody unknown.
    pub(super) fn take(&mut self, command: &SfuCommand) {
        self.count += 1;
        match command {
            SfuCommand::OpenRoom { room } => assert!(self.rooms.insert(*room), "opened twice: {room:?}"),
            SfuCommand::CloseRoom { room } => {
                assert!(self.rooms.remove(room), "closed twice: {room:?}");
                let gone: Vec<PeerId> =
                    self.peers.iter().filter(|(_, of)| *of == room).map(|(peer, _)| *peer).collect();
                gone.into_iter().for_each(|peer| self.forget(peer));
                (self.programme, self.reverse, self.slides, self.floor) = (None, None, None, None);
            }
            SfuCommand::Connect { peer, room, .. } => {
                assert!(self.rooms.contains(room), "no such room: {command:?}");
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
            SfuCommand::SetProgramme { source, reverse, .. } => {
                assert_ne!((self.programme, self.reverse), (*source, *reverse), "told again: {command:?}");
                (self.programme, self.reverse) = (*source, *reverse);
            }
            SfuCommand::SetSlides { source, .. } => {
                assert_ne!(self.slides, *source, "told again: {command:?}");
                self.slides = *source;
            }
            SfuCommand::SetFloor { source, .. } => {
                assert_ne!(self.floor, *source, "told again: {command:?}");
                self.floor = *source;
            }
            SfuCommand::SetView { peer, view } => {
                self.know(*peer, command);
                let earlier = self.views.insert(*peer, view.clone());
                assert_ne!(earlier.as_ref(), Some(view), "told again: {command:?}");
            }
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
