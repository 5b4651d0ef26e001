//! The invented province, its meeting and its seats that the golden files speak of.

use crate::{
    AccountId, BoundedText, BranchView, Connection, DetachingPolicy, FactNumber, MeetingId, MeetingKind,
    MeetingPhase, MeetingView, Microphone, MicrophonePolicy, Occupant, QueueEntry, Role, SeatId, SeatView,
    TierCode, UnitCode, UtcSeconds,
};

/// A morning in 2026.
pub(super) const STARTS: UtcSeconds = UtcSeconds(1_795_482_000);
/// Later that morning.
pub(super) const NOW: UtcSeconds = UtcSeconds(1_795_482_300);

pub(super) fn province() -> UnitCode {
    UnitCode::parse("90").unwrap()
}

pub(super) fn commune() -> UnitCode {
    UnitCode::parse("90001").unwrap()
}

pub(super) fn other_commune() -> UnitCode {
    UnitCode::parse("90002").unwrap()
}

pub(super) fn meeting_id() -> MeetingId {
    MeetingId::parse("golden-meeting").unwrap()
}

pub(super) fn account() -> AccountId {
    AccountId::parse("golden-clerk").unwrap()
}

pub(super) fn site_seat() -> SeatId {
    SeatId::parse("site-90001").unwrap()
}

pub(super) fn clerk_seat() -> SeatId {
    SeatId::parse("person-golden-clerk").unwrap()
}

pub(super) fn tier(code: &str) -> TierCode {
    TierCode::parse(code).unwrap()
}

pub(super) fn title() -> BoundedText<200> {
    BoundedText::parse("Giao ban công tác tháng 11").unwrap()
}

/// A meeting that nothing has happened in: every absent field is absent.
pub(super) fn waiting_meeting() -> MeetingView {
    MeetingView {
        meeting: meeting_id(),
        title: title(),
        kind: MeetingKind::Briefing,
        convening_unit: province(),
        convening_name: "Tỉnh Sông Lành".to_owned(),
        starts: STARTS,
        phase: MeetingPhase::Waiting,
        started: None,
        microphones: MicrophonePolicy::Locked,
        stage: None,
        floor: None,
        floor_since: None,
        presenter: None,
        queue: Vec::new(),
        branch: None,
        apart: Vec::new(),
        detaching: DetachingPolicy::Hosts,
        fact: FactNumber(2),
    }
}

/// A meeting where everything is going on at once: no field is absent.
pub(super) fn busy_meeting() -> MeetingView {
    let topic = Some(BoundedText::parse("Tiến độ trồng rừng").unwrap());
    MeetingView {
        phase: MeetingPhase::Running,
        started: Some(STARTS),
        microphones: MicrophonePolicy::Allowed,
        stage: Some(site_seat()),
        floor: Some(site_seat()),
        floor_since: Some(NOW),
        presenter: Some(clerk_seat()),
        queue: vec![
            QueueEntry { seat: clerk_seat(), topic, since: NOW },
            QueueEntry { seat: site_seat(), topic: None, since: NOW },
        ],
        branch: Some(commune()),
        apart: vec![
            BranchView {
                unit: commune(),
                name: "Xã Tân An".to_owned(),
                since: NOW,
                chair: Some(site_seat()),
                deputy: Some(clerk_seat()),
                cut: false,
            },
            BranchView {
                unit: other_commune(),
                name: "Xã Tân Bình".to_owned(),
                since: NOW,
                chair: None,
                deputy: None,
                cut: true,
            },
        ],
        detaching: DetachingPolicy::OwnBranch,
        fact: FactNumber(42),
        ..waiting_meeting()
    }
}

/// A room's seat, connected in a way that the caller chooses.
pub(super) fn site(connection: Connection) -> SeatView {
    SeatView {
        seat: site_seat(),
        occupant: Occupant::Site { unit: commune() },
        name: "Xã Tân An".to_owned(),
        detail: "Tỉnh Sông Lành".to_owned(),
        tier: tier("commune"),
        parent: Some(province()),
        role: Role::Site,
        order: 3,
        connection,
        microphone: Microphone::Locked,
        camera: true,
        may_present: false,
        branch: Some(commune()),
    }
}

/// A person's seat in a unit that has no parent.
pub(super) fn clerk() -> SeatView {
    SeatView {
        seat: clerk_seat(),
        occupant: Occupant::Person { account: account(), unit: province() },
        name: "Nguyễn Văn A, Chánh Văn phòng".to_owned(),
        detail: "Tỉnh Sông Lành".to_owned(),
        tier: tier("province"),
        parent: None,
        role: Role::Secretary,
        order: 1,
        connection: Connection::Connected { since: NOW },
        microphone: Microphone::Open,
        camera: false,
        may_present: true,
        branch: None,
    }
}
