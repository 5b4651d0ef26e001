//! Facts → SFU commands: which source in which slot. The only place that names both a seat and a peer.
//!
//! `settle` says what must hold now; only what differs from what the SFU was told is told.

mod far;
mod stale;
mod words;

pub(crate) use far::Moved;

use crate::fact::{Reach, Scope, Touched};
use crate::meeting::{Meeting, Seat};
use far::Far;
use sfu_control::{
    Demand, Gate, MosaicWish, PeerId, ReceiveProfile, RoomId, SfuCommand, Slot, Source, SourceKind, View,
};
use sha2::{Digest as _, Sha256};
use signaling_protocol::{
    Action, MediaProfile, MeetingId, MeetingPhase, Microphone, Mid, PublishDemand, PublishSource, SeatId,
    SlotState, UnitCode, ViewWish, WIRE_LIMITS,
};
use stale::Stale;
use std::collections::{BTreeMap, HashMap};
use words::{publish_demand, publish_source, slot_name};

/// What the SFU was told of the common slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Common {
    programme: Option<Source>,
    reverse: Option<Source>,
    slides: Option<Source>,
    floor: Option<Source>,
}

/// One seat's transport.
#[derive(Debug, Clone)]
pub(crate) struct Media {
    /// Its peer in the SFU.
    pub peer: PeerId,
    /// The room it is in.
    room: RoomId,
    /// The client's DTLS certificate: another one is another `RTCPeerConnection`.
    pub fingerprint: String,
    /// What fills its slots, as the client was told.
    pub slots: Vec<SlotState>,
    /// Which encodings it must send, as the client was told.
    pub demands: BTreeMap<PublishSource, PublishDemand>,
    answered: bool,
    gates: [Gate; 4],
    view: Option<View>,
}

/// One sitting's place in the SFU.
#[derive(Debug, Clone, Copy)]
struct Hall {
    room: RoomId,
    told: Common,
}

/// One meeting's place in the SFU. Each sitting has a room of its own, which nothing leaves; who goes from one to another
/// takes its transport along.
#[derive(Debug, Clone)]
pub(crate) struct Placement {
    plenary: RoomId,
    halls: BTreeMap<Scope, Hall>,
    media: BTreeMap<SeatId, Media>,
    /// The seat of each peer in `media`: every report of the SFU names a peer.
    seats: HashMap<PeerId, SeatId>,
    wishes: BTreeMap<SeatId, ViewWish>,
    /// Seats whose media comes from beyond another node.
    far: Far,
    stale: Stale,
}

impl Placement {
    /// An empty room for a meeting.
    pub(crate) fn new(room: RoomId) -> Self {
        Self {
            plenary: room,
            halls: BTreeMap::from([(Scope::Plenary, Hall { room, told: Common::default() })]),
            media: BTreeMap::new(),
            seats: HashMap::new(),
            wishes: BTreeMap::new(),
            far: Far::default(),
            stale: Stale::default(),
        }
    }

    /// The room of the plenary.
    pub(crate) fn plenary(&self) -> RoomId {
        self.plenary
    }

    /// The room of a sitting.
    pub(crate) fn room_of(&self, scope: &Scope) -> Option<RoomId> {
        self.halls.get(scope).map(|hall| hall.room)
    }

    /// The rooms there are, and of which sittings.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = (&Scope, RoomId)> {
        self.halls.iter().map(|(scope, hall)| (scope, hall.room))
    }

    /// A seat's transport.
    pub(crate) fn media(&self, seat: &SeatId) -> Option<&Media> {
        self.media.get(seat)
    }

    /// Whose transport a peer is.
    pub(crate) fn seat_of(&self, peer: PeerId) -> Option<&SeatId> {
        self.seats.get(&peer).or_else(|| self.far.seat_of(peer))
    }

    /// By which peer a seat sends, here or beyond another node.
    fn peer_of(&self, seat: &SeatId) -> Option<PeerId> {
        let here = self.media.get(seat).filter(|media| media.answered).map(|media| media.peer);
        here.or_else(|| self.far.peer_of(seat))
    }

    /// Keeps what a seat wants to see.
    pub(crate) fn wish(&mut self, seat: &SeatId, wish: ViewWish) {
        self.wishes.insert(seat.clone(), wish);
        self.stale.seat(seat);
    }

    /// Everything may be otherwise than the SFU was told.
    pub(crate) fn look_at_everybody(&mut self) {
        self.stale = Stale::Everybody;
    }

    /// Takes what a new fact changed.
    pub(crate) fn on_record(&mut self, touched: &Touched) {
        if touched.common != Reach::Nobody {
            self.stale = Stale::Everybody;
        }
        for seat in &touched.seats {
            self.stale.seat(seat);
        }
    }

    /// An offer of a seat: a new peer, or the living one again if the certificate is the same.
    pub(crate) fn offer(
        &mut self,
        (seat, scope): (&SeatId, &Scope),
        fresh: PeerId,
        offer: String,
    ) -> (PeerId, Vec<SfuCommand>) {
        let room = self.room_of(scope).unwrap_or(self.plenary);
        let fingerprint = fingerprint(&offer);
        if let Some(peer) = self.living(seat, &fingerprint) {
            return (peer, vec![SfuCommand::Renegotiate { peer, offer }]);
        }
        let mut commands: Vec<SfuCommand> = self.hang_up(seat).into_iter().collect();
        let media = Media {
            peer: fresh,
            room,
            fingerprint,
            slots: Vec::new(),
            demands: BTreeMap::new(),
            answered: false,
            gates: [Gate::Closed; 4],
            view: None,
        };
        self.media.insert(seat.clone(), media);
        self.seats.insert(fresh, seat.clone());
        commands.push(SfuCommand::Connect { peer: fresh, room, offer });
        (fresh, commands)
    }

    /// An offer on media that stands; nothing if it does not, or is of another transport.
    pub(crate) fn offer_again(&self, seat: &SeatId, offer: String) -> Option<(PeerId, SfuCommand)> {
        let peer = self.living(seat, &fingerprint(&offer))?;
        Some((peer, SfuCommand::Renegotiate { peer, offer }))
    }

    fn living(&self, seat: &SeatId, fingerprint: &str) -> Option<PeerId> {
        let media = self.media.get(seat)?;
        (media.answered && media.fingerprint == fingerprint).then_some(media.peer)
    }

    /// The SFU answered: the seat's pool is known.
    pub(crate) fn answered(&mut self, seat: &SeatId, pool: &[(Slot, String)]) {
        let Some(media) = self.media.get_mut(seat) else { return };
        if !media.answered {
            media.answered = true;
            self.came_or_went(seat);
        }
        let Some(media) = self.media.get_mut(seat) else { return };
        for (slot, mid) in pool {
            let (slot, Ok(mid)) = (slot_name(*slot), Mid::parse(mid.clone())) else { continue };
            if media.slots.iter().all(|state| state.slot != slot) {
                media.slots.push(SlotState { slot, mid, seat: None, source: None, rtp_timestamp: 0 });
            }
        }
    }

    /// A slot shows something else; the new state to tell the client.
    pub(crate) fn switched(
        &mut self,
        seat: &SeatId,
        slot: Slot,
        source: Option<Source>,
        rtp: u32,
    ) -> Option<SlotState> {
        let shown =
            source.and_then(|source| Some((self.seat_of(source.peer)?.clone(), publish_source(source.kind))));
        let name = slot_name(slot);
        let state = self.media.get_mut(seat)?.slots.iter_mut().find(|state| state.slot == name)?;
        (state.seat, state.source) = shown.unzip();
        state.rtp_timestamp = rtp;
        Some(state.clone())
    }

    /// Which encodings are needed changed; what to tell the client.
    pub(crate) fn demanded(
        &mut self,
        seat: &SeatId,
        kind: SourceKind,
        demand: Demand,
    ) -> Option<(PublishSource, PublishDemand)> {
        let (source, demand) = (publish_source(kind), publish_demand(demand));
        self.media.get_mut(seat)?.demands.insert(source, demand);
        Some((source, demand))
    }

    /// The SFU has dropped a seat's peer by itself.
    pub(crate) fn forget(&mut self, seat: &SeatId) {
        self.take(seat);
    }

    /// Ends a seat's transport.
    pub(crate) fn hang_up(&mut self, seat: &SeatId) -> Option<SfuCommand> {
        self.take(seat).map(|peer| SfuCommand::Disconnect { peer })
    }

    fn take(&mut self, seat: &SeatId) -> Option<PeerId> {
        let peer = self.media.remove(seat)?.peer;
        self.seats.remove(&peer);
        self.came_or_went(seat);
        Some(peer)
    }

    /// A seat has another peer, or none: its own gates and view are to be told, and the views of those who watch it.
    fn came_or_went(&mut self, seat: &SeatId) {
        self.far.note_moved(seat);
        self.stale.seat(seat);
        self.watchers_are_stale(seat);
    }

    /// The views of those who watch a seat are to be told again.
    fn watchers_are_stale(&mut self, seat: &SeatId) {
        let watching = |wish: &ViewWish| wish.mosaic.iter().any(|picture| picture.seat == *seat);
        for (watcher, _) in self.wishes.iter().filter(|(_, wish)| watching(wish)) {
            self.stale.seat(watcher);
        }
    }

    /// Tells the SFU what must hold now and did not before. Whoever goes to another sitting is silent on the way: gates
    /// close before it goes and open when it is there.
    pub(crate) fn settle(&mut self, meeting: &Meeting) -> Vec<SfuCommand> {
        let seats = match std::mem::take(&mut self.stale) {
            Stale::Seats(seats) => seats,
            Stale::Everybody => self.media.keys().cloned().collect(),
        };
        let mut commands = self.open_halls(meeting);
        let mut opened = Vec::new();
        for seat in &seats {
            self.settle_gates(meeting, seat, &mut commands, &mut opened);
        }
        commands.extend(seats.iter().filter_map(|seat| self.settle_room(meeting, seat)));
        commands.append(&mut opened);
        commands.extend(self.settle_common(meeting));
        for seat in &seats {
            commands.extend(self.settle_view(meeting, seat));
        }
        commands.extend(self.close_halls(meeting));
        commands
    }

    /// What the SFU would be told if everything were looked at: nothing, after a settling.
    #[cfg(test)]
    pub(crate) fn left_untold(&self, meeting: &Meeting) -> Vec<SfuCommand> {
        let mut all = Self { stale: Stale::Everybody, ..self.clone() };
        all.settle(meeting)
    }

    fn open_halls(&mut self, meeting: &Meeting) -> Vec<SfuCommand> {
        let mut commands = Vec::new();
        for unit in meeting.apart.keys() {
            self.halls.entry(Scope::Branch(unit.clone())).or_insert_with(|| {
                let room = room_name(&meeting.id, Some(unit));
                commands.push(SfuCommand::OpenRoom { room });
                Hall { room, told: Common::default() }
            });
        }
        commands
    }

    fn close_halls(&mut self, meeting: &Meeting) -> Vec<SfuCommand> {
        let over: Vec<Scope> =
            self.halls.keys().filter(|scope| meeting.sitting(scope).is_none()).cloned().collect();
        let closed = over.iter().filter_map(|scope| self.halls.remove(scope));
        closed.map(|hall| SfuCommand::CloseRoom { room: hall.room }).collect()
    }

    fn settle_room(&mut self, meeting: &Meeting, id: &SeatId) -> Option<SfuCommand> {
        let room = self.room_of(&meeting.scope_of(id))?;
        let media = self.media.get_mut(id)?;
        let moves = media.room != room;
        media.room = room;
        moves.then_some(SfuCommand::MoveTo { peer: media.peer, room })
    }

    fn settle_gates(
        &mut self,
        meeting: &Meeting,
        id: &SeatId,
        closed: &mut Vec<SfuCommand>,
        opened: &mut Vec<SfuCommand>,
    ) {
        let Some(media) = self.media.get_mut(id).filter(|media| media.answered) else { return };
        let wanted = meeting.seat(id).map_or([Gate::Closed; 4], |seat| gates(meeting, id, seat));
        for ((kind, told), gate) in SourceKind::ALL.into_iter().zip(&mut media.gates).zip(wanted) {
            if *told != gate {
                *told = gate;
                let commands = if gate == Gate::Open { &mut *opened } else { &mut *closed };
                commands.push(SfuCommand::SetGate { peer: media.peer, kind, gate });
            }
        }
    }

    fn settle_common(&mut self, meeting: &Meeting) -> Vec<SfuCommand> {
        let mut commands = Vec::new();
        let scopes: Vec<Scope> = self.halls.keys().cloned().collect();
        for scope in scopes {
            let Some(wanted) = self.common(meeting, &scope) else { continue };
            let Some(Hall { room, told }) = self.halls.get_mut(&scope) else { continue };
            let room = *room;
            if (told.programme, told.reverse) != (wanted.programme, wanted.reverse) {
                let (source, reverse) = (wanted.programme, wanted.reverse);
                commands.push(SfuCommand::SetProgramme { room, source, reverse });
            }
            if told.slides != wanted.slides {
                commands.push(SfuCommand::SetSlides { room, source: wanted.slides });
            }
            if told.floor != wanted.floor {
                commands.push(SfuCommand::SetFloor { room, source: wanted.floor });
            }
            *told = wanted;
        }
        commands
    }

    /// What a sitting shares; none if it is over, and its room with it.
    fn common(&self, meeting: &Meeting, scope: &Scope) -> Option<Common> {
        let sitting = meeting.sitting(scope)?;
        if sitting.phase != MeetingPhase::Running {
            return Some(Common::default());
        }
        let source = |seat: Option<&SeatId>, kind| {
            let peer = self.peer_of(seat?)?;
            Some(Source { peer, kind })
        };
        let picture = |seat: Option<&SeatId>| {
            let on = seat.and_then(|seat| meeting.seat(seat)).is_some_and(|seat| seat.camera);
            if on { source(seat, SourceKind::Camera) } else { None }
        };
        let stage = sitting.stage.as_ref();
        Some(Common {
            programme: picture(stage),
            reverse: picture(meeting.chair_of(scope).filter(|chair| Some(*chair) != stage)),
            slides: source(sitting.presenter.as_ref(), SourceKind::Screen),
            floor: source(sitting.floor_seat(), SourceKind::Microphone),
        })
    }

    fn settle_view(&mut self, meeting: &Meeting, id: &SeatId) -> Option<SfuCommand> {
        let (wish, seat) = (self.wishes.get(id)?, meeting.seat(id)?);
        self.media.get(id).filter(|media| media.answered)?;
        let view = self.view(meeting, seat, wish);
        let media = self.media.get_mut(id)?;
        if media.view.as_ref() == Some(&view) {
            return None;
        }
        media.view = Some(view.clone());
        Some(SfuCommand::SetView { peer: media.peer, view })
    }

    /// A wish as the SFU takes it: without what this seat may not see.
    fn view(&self, meeting: &Meeting, viewer: &Seat, wish: &ViewWish) -> View {
        // Before the meeting is open only its hosts look into the rooms.
        let watches = meeting.may(viewer, Action::Watch).is_ok()
            && (is_running(meeting, viewer) || meeting.directs(viewer));
        let bound = usize::try_from(WIRE_LIMITS.mosaic_slots).unwrap_or(usize::MAX);
        let pictures = wish.mosaic.iter().take(bound).filter(|_| watches).filter_map(|wish| {
            meeting.seat(&wish.seat).filter(|seen| seen.sits == viewer.sits)?;
            let peer = self.peer_of(&wish.seat)?;
            let source = Source { peer, kind: SourceKind::Camera };
            Some(MosaicWish { slot: wish.index, source, height: wish.height })
        });
        View {
            profile: match wish.profile {
                MediaProfile::Full => ReceiveProfile::Full,
                MediaProfile::Saver => ReceiveProfile::Saver,
                MediaProfile::AudioStills => ReceiveProfile::AudioStills,
                MediaProfile::AudioOnly => ReceiveProfile::AudioOnly,
            },
            programme_height: wish.programme_height,
            slides_height: wish.slides_height,
            mosaic: pictures.collect(),
        }
    }
}

/// Whether the sitting of a seat is open.
fn is_running(meeting: &Meeting, seat: &Seat) -> bool {
    meeting.sitting(&seat.sits).is_some_and(|sitting| sitting.phase == MeetingPhase::Running)
}

/// The room of a sitting: the same in the SFU of every node, without anybody having to say so. It takes four billion
/// meetings at a time for two of them to share one.
pub(crate) fn room_name(meeting: &MeetingId, branch: Option<&UnitCode>) -> RoomId {
    let mut hash = Sha256::new();
    hash.update(meeting.as_str().as_bytes());
    // No id has a slash in it.
    hash.update(branch.map(|unit| format!("/{unit}")).unwrap_or_default().as_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    RoomId::new(hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Which sources of a seat pass, in the order of [`SourceKind::ALL`].
fn gates(meeting: &Meeting, id: &SeatId, seat: &Seat) -> [Gate; 4] {
    let Some(sitting) = meeting.sitting(&seat.sits) else { return [Gate::Closed; 4] };
    let running = sitting.phase == MeetingPhase::Running;
    let presents = running && sitting.presenter.as_ref() == Some(id);
    let gate = |open: bool| if open { Gate::Open } else { Gate::Closed };
    [
        gate(running && seat.microphone == Microphone::Open),
        gate(seat.camera && sitting.phase != MeetingPhase::Ended),
        gate(presents),
        gate(presents),
    ]
}

/// The certificate of an offer: its first `a=fingerprint` line. An offer without one is refused by the SFU.
fn fingerprint(offer: &str) -> String {
    offer
        .lines()
        .find_map(|line| line.trim().strip_prefix("a=fingerprint:"))
        .unwrap_or_default()
        .to_ascii_lowercase()
}
