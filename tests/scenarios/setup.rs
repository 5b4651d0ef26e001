//! What a world is made of: a province with three communes, who they are, and the words of signaling in the words of the
//! SFU.

use super::world::CHAIR;
use sfu_control::{Demand, Layer, Slot, SourceKind};
use sfu_core::{Engine, EngineConfig};
use signaling_core::{Account, Hub, HubConfig, Now, SignInId, UnitTree};
use signaling_protocol::{
    AccountId, AccountKind, BoundedText, CreateMeeting, GrantRole, GrantView, MeetingId, MeetingKind,
    PublishDemand, PublishSource, SlotName, UnitCode, UtcSeconds,
};
use std::time::Instant;

/// Where the engine is reached.
pub(super) const SERVER: &str = "192.0.2.1:40000";

pub(super) fn meeting_id() -> MeetingId {
    MeetingId::parse("m1").unwrap()
}

pub(super) fn account(number: u32) -> Account {
    let chair = number == CHAIR;
    let unit = UnitCode::parse(if chair { "T1".to_owned() } else { format!("X0{number}") }).unwrap();
    let grants =
        if chair { vec![GrantView { role: GrantRole::Convener, unit: unit.clone() }] } else { Vec::new() };
    Account {
        id: AccountId::parse(format!("account-{number}")).unwrap(),
        kind: if chair { AccountKind::Person } else { AccountKind::Site },
        name: format!("Số {number}"),
        unit,
        grants,
        sign_in: SignInId(u64::from(number)),
    }
}

pub(super) fn units() -> UnitTree {
    let mut csv =
        "code,name,kind,tier,parent,order,valid_from,valid_to\nT1,Tỉnh Lam,Tỉnh,tinh,,1,,\n".to_owned();
    for commune in 1..=3 {
        csv.push_str(&format!("X0{commune},Xã số {commune},Xã,xa,T1,{commune},,\n"));
    }
    UnitTree::from_csv("code,name\ntinh,Cấp tỉnh\nxa,Cấp xã\n".as_bytes(), csv.as_bytes()).unwrap()
}

pub(super) fn engine(now: Instant, seed: u8) -> Engine {
    let config = EngineConfig { local_addresses: vec![SERVER.parse().unwrap()], max_peers: 16 };
    Engine::new(config, [seed; 32], now).unwrap()
}

pub(super) fn hub(now: Now, seed: u8) -> Hub {
    Hub::new(HubConfig { resume_key: [9; 32], max_meetings: 8, max_connections: 100 }, [seed; 32], now)
}

/// What the chair convenes.
pub(super) fn meeting() -> CreateMeeting {
    CreateMeeting {
        meeting: meeting_id(),
        title: BoundedText::parse("Giao ban tuần").unwrap(),
        kind: MeetingKind::Briefing,
        convening_unit: UnitCode::parse("T1").unwrap(),
        starts: UtcSeconds(1_795_420_000),
        sites: (1..=3).map(|commune| UnitCode::parse(format!("X0{commune}")).unwrap()).collect(),
        staff: Vec::new(),
        no_state_secrets: true,
    }
}

pub(super) fn slot(name: SlotName) -> Slot {
    match name {
        SlotName::Audio { index } => Slot::Audio(index),
        SlotName::FloorAudio {} => Slot::FloorAudio,
        SlotName::Programme {} => Slot::Programme,
        SlotName::Slides {} => Slot::Slides,
        SlotName::Mosaic { index } => Slot::Mosaic(index),
    }
}

pub(super) fn kind(source: PublishSource) -> SourceKind {
    match source {
        PublishSource::Microphone => SourceKind::Microphone,
        PublishSource::Camera => SourceKind::Camera,
        PublishSource::Screen => SourceKind::Screen,
        PublishSource::ScreenAudio => SourceKind::ScreenAudio,
    }
}

pub(super) fn layers(demand: PublishDemand) -> Demand {
    match demand {
        PublishDemand::Paused => Demand::Paused,
        PublishDemand::Low => Demand::UpTo(Layer::Low),
        PublishDemand::Medium => Demand::UpTo(Layer::Medium),
        PublishDemand::High => Demand::UpTo(Layer::High),
    }
}
