//! Which worker has which peer and which link. Touched by commands and by events that end a peer, never by a packet.
//!
//! A room is known to all workers. A small one is kept together on the worker its number names, where nothing has to
//! cross; what comes on top of [`KEPT_TOGETHER_MAX`] goes to the worker with the fewest peers, so that the audience of a
//! broadcast takes all processors.

use sfu_control::{LinkId, LinkReport, PeerId, RoomId, SfuCommand, SfuEvent};
use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroU16,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A room of so many is a conference: everybody may be shown everybody, and a packet that crosses costs two workers. A
/// larger one is a hall, whose pictures cross once for all who watch.
const KEPT_TOGETHER_MAX: usize = 24;

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
    worker: usize,
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
    /// This peer goes to another room; it stays at its worker.
    Move(PeerId, RoomId),
    /// All peers of this room go.
    Closure(RoomId),
    /// This link comes.
    Link(LinkId),
    /// This link goes.
    Unlink(LinkId),
}

/// Whom a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addressee {
    /// One worker.
    Worker(usize),
    /// All of them: it is about a room.
    All,
}

/// The peers and how many there are where.
#[derive(Debug, Default)]
struct Places {
    peers: HashMap<PeerId, Entry>,
    by_worker: Vec<usize>,
    by_room: HashMap<RoomId, usize>,
    links: BTreeMap<LinkId, LinkEntry>,
}

/// A link, where it lives, and what it said of itself last.
#[derive(Debug, Clone, Copy)]
struct LinkEntry {
    worker: usize,
    report: LinkReport,
}

/// Who was on a worker that is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evicted {
    /// Its peers.
    pub(crate) peers: Vec<PeerId>,
    /// Its links.
    pub(crate) links: Vec<LinkId>,
}

impl Places {
    fn insert(&mut self, peer: PeerId, entry: Entry) {
        if let Some(count) = self.by_worker.get_mut(entry.worker) {
            *count = count.saturating_add(1);
        }
        *self.by_room.entry(entry.room).or_default() += 1;
        self.peers.insert(peer, entry);
    }

    fn remove(&mut self, peer: PeerId) {
        let Some(entry) = self.peers.remove(&peer) else { return };
        if let Some(count) = self.by_worker.get_mut(entry.worker) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.by_room.get_mut(&entry.room) {
            *count = count.saturating_sub(1);
        }
        self.by_room.retain(|_, count| *count > 0);
    }

    fn move_to(&mut self, peer: PeerId, room: RoomId) {
        if let Some(entry) = self.peers.get(&peer).copied() {
            self.remove(peer);
            self.insert(peer, Entry { room, ..entry });
        }
    }

    /// Removes and names the peers of this kind.
    fn remove_all(&mut self, which: impl Fn(&Entry) -> bool) -> Vec<PeerId> {
        let mut gone: Vec<_> =
            self.peers.iter().filter(|(_, entry)| which(entry)).map(|(peer, _)| *peer).collect();
        gone.sort_unstable();
        for peer in &gone {
            self.remove(*peer);
        }
        gone
    }
}

/// The peers of a node and where they live. Bounded by the engines: what an engine refuses leaves the directory with the
/// refusal.
#[derive(Debug)]
pub(crate) struct Directory {
    workers: NonZeroU16,
    /// Peers one worker takes.
    share: usize,
    places: Mutex<Places>,
}

impl Directory {
    /// An empty directory over this many workers, each of which takes so many peers.
    pub(crate) fn new(workers: NonZeroU16, share: usize) -> Self {
        let places = Places { by_worker: vec![0; usize::from(workers.get())], ..Places::default() };
        Self { workers, share, places: Mutex::new(places) }
    }

    /// Whom a command is for. One about an unknown peer goes to the first worker, whose engine answers or counts it as
    /// such. Call it once for each command, right before [`Self::admit`].
    pub(crate) fn addressee(&self, command: &SfuCommand) -> Addressee {
        match command {
            SfuCommand::OpenRoom { .. }
            | SfuCommand::CloseRoom { .. }
            | SfuCommand::SetProgramme { .. }
            | SfuCommand::SetSlides { .. }
            | SfuCommand::SetFloor { .. } => Addressee::All,
            SfuCommand::Connect { peer, room, .. } => Addressee::Worker(self.place(*peer, *room)),
            SfuCommand::Renegotiate { peer, .. }
            | SfuCommand::Disconnect { peer }
            | SfuCommand::MoveTo { peer, .. }
            | SfuCommand::SetGate { peer, .. }
            | SfuCommand::SetView { peer, .. } => {
                Addressee::Worker(self.lock().peers.get(peer).map_or(0, |entry| entry.worker))
            }
            SfuCommand::DialLink { link, .. }
            | SfuCommand::AcceptLink { link, .. }
            | SfuCommand::CompleteLink { link, .. }
            | SfuCommand::SetLinkLimits { link, .. }
            | SfuCommand::CloseLink { link }
            | SfuCommand::Span { link, .. }
            | SfuCommand::Unspan { link, .. } => Addressee::Worker(self.place_of_link(*link)),
        }
    }

    /// Where a link lives, or goes when it is new: to the worker with the fewest links.
    fn place_of_link(&self, link: LinkId) -> usize {
        let places = self.lock();
        if let Some(entry) = places.links.get(&link) {
            return entry.worker;
        }
        let alive = |worker: &usize| places.by_worker.get(*worker).is_some_and(|load| *load < usize::MAX);
        let links = |worker: &usize| places.links.values().filter(|entry| entry.worker == *worker).count();
        (0..usize::from(self.workers.get())).filter(alive).min_by_key(links).unwrap_or(0)
    }

    /// Where a newcomer goes. A name that is in use goes where it is, and is refused there.
    fn place(&self, peer: PeerId, room: RoomId) -> usize {
        let places = self.lock();
        if let Some(entry) = places.peers.get(&peer) {
            return entry.worker;
        }
        let home = self.home_of(room);
        let load = |worker: usize| places.by_worker.get(worker).copied().unwrap_or(usize::MAX);
        let size = places.by_room.get(&room).copied().unwrap_or(0);
        if size < KEPT_TOGETHER_MAX && load(home) < self.share {
            return home;
        }
        let workers = 0..usize::from(self.workers.get());
        workers.min_by_key(|worker| (load(*worker), *worker != home)).unwrap_or(home)
    }

    /// Notes a command that is about to be queued for a worker, whose events about it may come at any time after.
    pub(crate) fn admit(&self, command: &SfuCommand, worker: usize) -> Trace {
        match command {
            SfuCommand::Connect { peer, room, .. } => {
                let mut places = self.lock();
                // A peer id that is in use is refused by the engine; the first holder keeps its place here.
                if !places.peers.contains_key(peer) {
                    places.insert(*peer, Entry { room: *room, worker, stage: Stage::Asked });
                }
                Trace::Arrival(*peer)
            }
            SfuCommand::Disconnect { peer } => Trace::Departure(*peer),
            SfuCommand::CloseRoom { room } => Trace::Closure(*room),
            SfuCommand::MoveTo { peer, room } => Trace::Move(*peer, *room),
            SfuCommand::DialLink { link, .. } | SfuCommand::AcceptLink { link, .. } => {
                let entry = LinkEntry { worker, report: LinkReport::default() };
                self.lock().links.entry(*link).or_insert(entry);
                Trace::Link(*link)
            }
            SfuCommand::CloseLink { link } => Trace::Unlink(*link),
            SfuCommand::CompleteLink { .. }
            | SfuCommand::SetLinkLimits { .. }
            | SfuCommand::Span { .. }
            | SfuCommand::Unspan { .. }
            | SfuCommand::OpenRoom { .. }
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
            Trace::Departure(peer) => self.lock().remove(peer),
            Trace::Move(peer, room) => self.lock().move_to(peer, room),
            Trace::Closure(room) => {
                let _left_with_it = self.lock().remove_all(|entry| entry.room == room);
            }
            Trace::Unlink(link) => self.forget_link(link),
            Trace::Arrival(_) | Trace::Link(_) | Trace::None => {}
        }
    }

    /// The command did not reach its worker.
    pub(crate) fn on_refused(&self, trace: Trace) {
        match trace {
            Trace::Arrival(peer) => self.forget_unanswered(peer),
            Trace::Link(link) => self.forget_link(link),
            Trace::Departure(_) | Trace::Move(..) | Trace::Closure(_) | Trace::Unlink(_) | Trace::None => {}
        }
    }

    /// Takes note of an event before anybody is told of it: whoever hears that a peer id is free may use it at once.
    pub(crate) fn on_event(&self, event: &SfuEvent) {
        match event {
            // Asked => Living
            SfuEvent::Answered { peer, .. } => {
                if let Some(entry) = self.lock().peers.get_mut(peer) {
                    entry.stage = Stage::Living;
                }
            }
            // Asked => gone
            SfuEvent::Refused { peer, .. } => self.forget_unanswered(*peer),
            // any => gone
            SfuEvent::Disconnected { peer, .. } => self.lock().remove(*peer),
            SfuEvent::Connected { .. }
            | SfuEvent::SlotSwitched { .. }
            | SfuEvent::Demanded { .. }
            | SfuEvent::Speaking { .. }
            | SfuEvent::Line { .. }
            | SfuEvent::LinkOffered { .. }
            | SfuEvent::LinkAnswered { .. }
            | SfuEvent::LinkUp { .. } => {}
            SfuEvent::LinkRefused { link, .. } | SfuEvent::LinkDown { link, .. } => self.forget_link(*link),
            SfuEvent::LinkLine { link, report } => {
                if let Some(entry) = self.lock().links.get_mut(link) {
                    entry.report = *report;
                }
            }
        }
    }

    /// Removes and names all peers and links of a worker that is no more.
    pub(crate) fn evict_worker(&self, worker: usize) -> Evicted {
        let mut places = self.lock();
        let peers = places.remove_all(|entry| entry.worker == worker);
        let links = places.links.iter().filter(|(_, entry)| entry.worker == worker);
        let links: Vec<LinkId> = links.map(|(link, _)| *link).collect();
        places.links.retain(|_, entry| entry.worker != worker);
        // Full for good: nobody is sent there any more.
        if let Some(load) = places.by_worker.get_mut(worker) {
            *load = usize::MAX;
        }
        Evicted { peers, links }
    }

    /// The links there are, with what each said of itself last.
    pub(crate) fn links(&self) -> Vec<(LinkId, LinkReport)> {
        self.lock().links.iter().map(|(link, entry)| (*link, entry.report)).collect()
    }

    fn forget_link(&self, link: LinkId) {
        self.lock().links.remove(&link);
    }

    /// How many peers there are.
    pub(crate) fn peers(&self) -> usize {
        self.lock().peers.len()
    }

    fn forget_unanswered(&self, peer: PeerId) {
        let mut places = self.lock();
        if places.peers.get(&peer).is_some_and(|entry| entry.stage == Stage::Asked) {
            places.remove(peer);
        }
    }

    /// The worker that keeps a small room together, and that speaks for it whatever its size.
    fn home_of(&self, room: RoomId) -> usize {
        usize::try_from(room.number() % u64::from(self.workers.get())).unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        // Nothing that is done under the lock can panic half-way.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sfu_control::{ConnectRefusal, DisconnectReason, Gate, LinkLimits, SourceKind};

    const PEER: PeerId = PeerId::new(7);

    fn directory() -> Directory {
        Directory::new(NonZeroU16::new(3).unwrap(), 1_000)
    }

    fn connect(room: u64) -> SfuCommand {
        SfuCommand::Connect { peer: PEER, room: RoomId::new(room), offer: String::new() }
    }

    fn worker_for(directory: &Directory, command: &SfuCommand) -> usize {
        match directory.addressee(command) {
            Addressee::Worker(worker) => worker,
            Addressee::All => 0,
        }
    }

    fn queue(directory: &Directory, command: &SfuCommand) {
        let trace = directory.admit(command, worker_for(directory, command));
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
            assert_eq!(worker_for(&directory, &connect(5)), 2);
            queue(&directory, &connect(5));
            directory.on_event(&answered());
            assert_eq!((worker_for(&directory, &about_peer()), directory.peers()), (2, 1));
            end(&directory);
            assert_eq!((worker_for(&directory, &about_peer()), directory.peers()), (0, 0));
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
        let trace = directory.admit(&connect(1), 1);
        directory.on_refused(trace);
        assert_eq!(directory.peers(), 0);

        queue(&directory, &connect(1));
        directory.on_event(&answered());
        for command in [
            SfuCommand::Disconnect { peer: PEER },
            connect(1),
            SfuCommand::CloseRoom { room: RoomId::new(1) },
        ] {
            let trace = directory.admit(&command, 1);
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
        for link in 0..5 {
            queue(
                &directory,
                &SfuCommand::DialLink { link: LinkId::new(link), limits: LinkLimits::default() },
            );
        }
        let gone = directory.evict_worker(1);
        assert_eq!(gone.peers, [PeerId::new(1), PeerId::new(4)]);
        assert_eq!(gone.links, [LinkId::new(1), LinkId::new(4)]);
        assert_eq!(directory.links().len(), 3);
        assert_eq!(directory.peers(), 4);
    }

    #[test]
    fn a_conference_stays_together_and_a_hall_takes_all_workers() {
        let directory = directory();
        let mut loads = [0; 3];
        for number in 0..90 {
            let join =
                SfuCommand::Connect { peer: PeerId::new(number), room: RoomId::new(4), offer: String::new() };
            let worker = worker_for(&directory, &join);
            assert!(number >= 24 || worker == 1, "{number} was sent away");
            loads[worker] += 1;
            queue(&directory, &join);
        }
        assert_eq!(loads, [30, 30, 30]);
        // What is about the room is for all of them.
        assert_eq!(directory.addressee(&SfuCommand::CloseRoom { room: RoomId::new(4) }), Addressee::All);
    }

    #[test]
    fn a_full_worker_sends_newcomers_on() {
        let directory = Directory::new(NonZeroU16::new(2).unwrap(), 3);
        for number in 0..6 {
            let join =
                SfuCommand::Connect { peer: PeerId::new(number), room: RoomId::new(0), offer: String::new() };
            assert_eq!(worker_for(&directory, &join), usize::from(number >= 3));
            queue(&directory, &join);
        }
    }
}
