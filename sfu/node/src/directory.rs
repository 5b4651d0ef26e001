//! Which worker has which room and peer. Touched by commands and by events that end a peer, never by a packet.

use sfu_control::{PeerId, RoomId, SfuCommand, SfuEvent};
use std::{
    collections::HashMap,
    num::NonZeroU16,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How far a peer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its first offer is not answered; a refusal ends it.
    Asked,
    /// It was answered; a refusal concerns a later offer only.
    Living,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    room: RoomId,
    stage: Stage,
}

/// What a command will have changed here once it is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trace {
    /// Nothing.
    None,
    /// This peer comes.
    Arrival(PeerId),
    /// This peer goes.
    Departure(PeerId),
    /// All peers of this room go.
    Closure(RoomId),
}

/// The peers of a node and where they live. A room's worker follows from its number, so only peers need memory.
/// Bounded by the engines: what an engine refuses leaves the directory with the refusal.
#[derive(Debug)]
pub(crate) struct Directory {
    workers: NonZeroU16,
    peers: Mutex<HashMap<PeerId, Entry>>,
}

impl Directory {
    /// An empty directory over this many workers.
    pub(crate) fn new(workers: NonZeroU16) -> Self {
        Self { workers, peers: Mutex::default() }
    }

    /// The worker a command is for. A command about an unknown peer goes to the first worker, whose engine answers
    /// or counts it as such.
    pub(crate) fn worker_for(&self, command: &SfuCommand) -> usize {
        match command {
            SfuCommand::OpenRoom { room }
            | SfuCommand::CloseRoom { room }
            | SfuCommand::Connect { room, .. }
            | SfuCommand::SetProgramme { room, .. }
            | SfuCommand::SetSlides { room, .. }
            | SfuCommand::SetFloor { room, .. } => self.worker_of_room(*room),
            SfuCommand::Renegotiate { peer, .. }
            | SfuCommand::Disconnect { peer }
            | SfuCommand::SetGate { peer, .. }
            | SfuCommand::SetView { peer, .. } => {
                self.lock().get(peer).map_or(0, |entry| self.worker_of_room(entry.room))
            }
        }
    }

    /// Notes a command that is about to be queued for its worker, whose events about it may come at any time after.
    pub(crate) fn admit(&self, command: &SfuCommand) -> Trace {
        match command {
            SfuCommand::Connect { peer, room, .. } => {
                // A peer id that is in use is refused by the engine; the first holder keeps its place here.
                self.lock().entry(*peer).or_insert(Entry { room: *room, stage: Stage::Asked });
                Trace::Arrival(*peer)
            }
            SfuCommand::Disconnect { peer } => Trace::Departure(*peer),
            SfuCommand::CloseRoom { room } => Trace::Closure(*room),
            SfuCommand::OpenRoom { .. }
            | SfuCommand::Renegotiate { .. }
            | SfuCommand::SetGate { .. }
            | SfuCommand::SetProgramme { .. }
            | SfuCommand::SetSlides { .. }
            | SfuCommand::SetFloor { .. }
            | SfuCommand::SetView { .. } => Trace::None,
        }
    }

    /// The command is in its worker's queue.
    pub(crate) fn on_queued(&self, trace: Trace) {
        match trace {
            Trace::Departure(peer) => {
                self.lock().remove(&peer);
            }
            Trace::Closure(room) => self.lock().retain(|_, entry| entry.room != room),
            Trace::Arrival(_) | Trace::None => {}
        }
    }

    /// The command did not reach its worker.
    pub(crate) fn on_refused(&self, trace: Trace) {
        match trace {
            Trace::Arrival(peer) => self.forget_unanswered(peer),
            Trace::Departure(_) | Trace::Closure(_) | Trace::None => {}
        }
    }

    /// Takes note of an event before anybody is told of it: whoever hears that a peer id is free may use it at once.
    pub(crate) fn on_event(&self, event: &SfuEvent) {
        match event {
            // Asked => Living
            SfuEvent::Answered { peer, .. } => {
                if let Some(entry) = self.lock().get_mut(peer) {
                    entry.stage = Stage::Living;
                }
            }
            // Asked => gone
            SfuEvent::Refused { peer, .. } => self.forget_unanswered(*peer),
            // any => gone
            SfuEvent::Disconnected { peer, .. } => {
                self.lock().remove(peer);
            }
            SfuEvent::Connected { .. }
            | SfuEvent::SlotSwitched { .. }
            | SfuEvent::Demanded { .. }
            | SfuEvent::Speaking { .. }
            | SfuEvent::Line { .. } => {}
        }
    }

    /// Removes and names all peers of a worker that is no more.
    pub(crate) fn evict_worker(&self, worker: usize) -> Vec<PeerId> {
        let mut evicted = Vec::new();
        self.lock().retain(|peer, entry| {
            let stays = self.worker_of_room(entry.room) != worker;
            if !stays {
                evicted.push(*peer);
            }
            stays
        });
        evicted.sort_unstable();
        evicted
    }

    /// How many peers there are.
    pub(crate) fn peers(&self) -> usize {
        self.lock().len()
    }

    fn forget_unanswered(&self, peer: PeerId) {
        let mut peers = self.lock();
        if peers.get(&peer).is_some_and(|entry| entry.stage == Stage::Asked) {
            peers.remove(&peer);
        }
    }

    fn worker_of_room(&self, room: RoomId) -> usize {
        usize::try_from(room.number() % u32::from(self.workers.get())).unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PeerId, Entry>> {
        // Every change is one operation on the map, so it is whole even after a panic elsewhere.
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sfu_control::{ConnectRefusal, DisconnectReason, Gate, SourceKind};

    const PEER: PeerId = PeerId::new(7);

    fn directory() -> Directory {
        Directory::new(NonZeroU16::new(3).unwrap())
    }

    fn connect(room: u32) -> SfuCommand {
        SfuCommand::Connect { peer: PEER, room: RoomId::new(room), offer: String::new() }
    }

    fn queue(directory: &Directory, command: &SfuCommand) {
        let trace = directory.admit(command);
        directory.on_queued(trace);
    }

    fn about_peer() -> SfuCommand {
        SfuCommand::SetGate { peer: PEER, kind: SourceKind::Camera, gate: Gate::Open }
    }

    fn answered() -> SfuEvent {
        SfuEvent::Answered { peer: PEER, answer: String::new(), slots: Vec::new() }
    }

    fn refused() -> SfuEvent {
        SfuEvent::Refused { peer: PEER, refusal: ConnectRefusal::Full {} }
    }

    #[test]
    fn a_peer_is_found_where_its_room_lives_until_it_is_gone() {
        let ends: [fn(&Directory); 3] = [
            |d| d.on_event(&SfuEvent::Disconnected { peer: PEER, reason: DisconnectReason::Closed }),
            |d| queue(d, &SfuCommand::Disconnect { peer: PEER }),
            |d| queue(d, &SfuCommand::CloseRoom { room: RoomId::new(5) }),
        ];
        for end in ends {
            let directory = directory();
            assert_eq!(directory.worker_for(&connect(5)), 2);
            queue(&directory, &connect(5));
            directory.on_event(&answered());
            assert_eq!((directory.worker_for(&about_peer()), directory.peers()), (2, 1));
            end(&directory);
            assert_eq!((directory.worker_for(&about_peer()), directory.peers()), (0, 0));
        }
    }

    #[test]
    fn a_refusal_ends_a_new_peer_and_not_a_living_one() {
        let directory = directory();
        queue(&directory, &connect(1));
        directory.on_event(&refused());
        assert_eq!(directory.peers(), 0);

        queue(&directory, &connect(1));
        directory.on_event(&answered());
        directory.on_event(&refused());
        assert_eq!(directory.peers(), 1);
    }

    #[test]
    fn a_command_that_was_not_taken_changes_nothing() {
        let directory = directory();
        let trace = directory.admit(&connect(1));
        directory.on_refused(trace);
        assert_eq!(directory.peers(), 0);

        queue(&directory, &connect(1));
        directory.on_event(&answered());
        for command in [
            SfuCommand::Disconnect { peer: PEER },
            connect(1),
            SfuCommand::CloseRoom { room: RoomId::new(1) },
        ] {
            let trace = directory.admit(&command);
            directory.on_refused(trace);
            assert_eq!(directory.peers(), 1);
        }
    }

    #[test]
    fn another_rooms_end_leaves_a_peer_alone() {
        let directory = directory();
        queue(&directory, &connect(4));
        queue(&directory, &SfuCommand::CloseRoom { room: RoomId::new(1) });
        assert_eq!(directory.peers(), 1);
    }

    #[test]
    fn a_worker_that_fails_takes_its_peers_and_no_others() {
        let directory = directory();
        for number in 0..6 {
            let peer = PeerId::new(number);
            queue(&directory, &SfuCommand::Connect { peer, room: RoomId::new(number), offer: String::new() });
        }
        assert_eq!(directory.evict_worker(1), [PeerId::new(1), PeerId::new(4)]);
        assert_eq!(directory.peers(), 4);
    }
}
