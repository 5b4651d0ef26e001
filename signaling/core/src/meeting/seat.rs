//! One seat's state.

use super::Meeting;
use crate::fact::{Scope, SeatRecord};
use signaling_protocol::{Connection, FactNumber, Microphone, Refusal, SeatId, SeatView};

/// By how much a seat is longer on the wire for those of another sitting, who are not told what goes on there: "locked"
/// for "off", and "false" twice for "true".
const ELSEWHERE_BYTES: usize = 5;

/// One seat's state. What its own sitting says of it and what the plenary says of a seat that sits apart are kept
/// beside each other, so that neither depends on which came first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    /// As it was made.
    pub record: SeatRecord,
    /// In which sitting it is.
    pub sits: Scope,
    /// How it is connected, by the facts of its sitting.
    pub(super) line: Connection,
    /// That the plenary has put it out while it sat apart, and how.
    pub(super) barred: Option<Connection>,
    /// Its microphone.
    pub microphone: Microphone,
    /// Whether its camera is on.
    pub camera: bool,
    /// Whether it may present without being asked.
    pub may_present: bool,
    /// The fact by which it was last vacated, 0 if never: what was given out before that is good no more.
    pub vacated: FactNumber,
    /// The fact by which it last came back from sitting apart, 0 if never: of the plenary's seats it knows nothing from
    /// before that.
    pub(super) back: FactNumber,
    /// How long it is on the wire. Kept, because every newcomer's snapshot is cut by it: thousands of seats for each of
    /// thousands of newcomers.
    pub wire_bytes: usize,
}

impl Seat {
    /// A new one.
    pub(super) fn new(record: SeatRecord, sits: Scope, microphone: Microphone) -> Self {
        let mut seat = Self {
            record,
            sits,
            line: Connection::Absent {},
            barred: None,
            microphone,
            camera: false,
            may_present: false,
            vacated: FactNumber(0),
            back: FactNumber(0),
            wire_bytes: 0,
        };
        seat.measure();
        seat
    }

    /// Measures it anew after a change. A view of ours can always be written.
    pub(super) fn measure(&mut self) {
        let text = serde_json::to_vec(&self.view(&self.sits));
        self.wire_bytes = text.map_or(0, |text| text.len().saturating_add(ELSEWHERE_BYTES));
    }

    /// A seat as those of a sitting see it. What goes on in another sitting is not seen, only who is there.
    pub(crate) fn view(&self, viewer: &Scope) -> SeatView {
        let record = &self.record;
        let seen = self.sits == *viewer && self.barred.is_none();
        SeatView {
            seat: record.seat.clone(),
            occupant: record.occupant.clone(),
            name: record.name.clone(),
            detail: record.detail.clone(),
            tier: record.tier.clone(),
            parent: record.parent.clone(),
            role: record.role,
            order: record.order,
            connection: self.connection(),
            microphone: if seen { self.microphone } else { Microphone::Locked },
            camera: seen && self.camera,
            may_present: seen && self.may_present,
            branch: self.sits.clone().into(),
        }
    }

    /// How it is connected.
    pub(crate) fn connection(&self) -> Connection {
        self.barred.unwrap_or(self.line)
    }

    /// That the plenary has put it out while it sat apart, and how.
    pub(crate) fn barred(&self) -> Option<Connection> {
        self.barred
    }

    /// Whether it is connected.
    pub(crate) fn is_connected(&self) -> bool {
        matches!(self.connection(), Connection::Connected { .. })
    }

    /// Whether somebody sits there or may come back by a token.
    pub(crate) fn is_held(&self) -> bool {
        match self.connection() {
            Connection::Connected { .. } | Connection::Lost { .. } => true,
            Connection::Absent {} | Connection::Left { .. } | Connection::Removed { .. } => false,
        }
    }
}

impl Meeting {
    /// The name of a seat that is made in a sitting, so many after the last. A branch names its own, so that two nodes
    /// that do not hear each other never give the same name.
    ///
    /// # Errors
    /// `Internal` if the branch's code leaves no room for it.
    pub(crate) fn new_seat(&self, scope: &Scope, ahead: usize) -> Result<SeatId, Refusal> {
        let name = match scope {
            Scope::Plenary => {
                let made = self.seats.keys().filter(|id| !id.as_str().contains('.')).count();
                format!("s{}", made.saturating_add(ahead))
            }
            Scope::Branch(unit) => {
                let of_branch = |id: &&SeatId| {
                    id.as_str().rsplit_once('.').is_some_and(|(branch, _)| branch == unit.as_str())
                };
                let made = self.seats.keys().filter(of_branch).count();
                format!("{unit}.{}", made.saturating_add(ahead))
            }
        };
        SeatId::parse(name).map_err(|_| Refusal::Internal)
    }

    /// A seat.
    pub(crate) fn seat(&self, seat: &SeatId) -> Option<&Seat> {
        self.seats.get(seat)
    }

    /// Whether a seat is told of another's line: it is its own business and that of those who direct it; the hosts of the
    /// meeting look after all lines.
    pub(crate) fn watches_line(&self, who: &SeatId, whose: &SeatId) -> bool {
        let (Some(own), Some(other)) = (self.seat(who), self.seat(whose)) else { return false };
        who == whose || self.directs(own) && (own.sits.is_plenary() || own.sits == other.sits)
    }

    /// Whether a seat may present now: by role, by leave, or because it speaks.
    pub(crate) fn may_present(&self, id: &SeatId, seat: &Seat) -> bool {
        let speaks = self.sitting(&seat.sits).is_some_and(|sitting| sitting.floor_seat() == Some(id));
        self.directs(seat) || seat.may_present || speaks
    }
}
