//! The units, people and meeting of the stories.

use crate::{Account, SignInId, UnitTree};
use signaling_protocol::{
    AccountId, AccountKind, BoundedText, CreateMeeting, GrantRole, GrantView, MeetingId, MeetingKind,
    UnitCode, UtcSeconds,
};
use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::Instant;

/// An instant to count from, the same for all worlds of a run; virtual time is this plus what the tests add.
#[expect(
    clippy::disallowed_methods,
    reason = "std has no other way to make an Instant; it is only an origin"
)]
pub(in crate::tests) fn origin() -> Instant {
    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    *ORIGIN
}

pub(in crate::tests) fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

pub(in crate::tests) fn meeting_id() -> MeetingId {
    MeetingId::parse("m1").unwrap()
}

/// A province T1 with ten communes X01 to X10 and one dissolved (X11), and another province T2 with one.
pub(in crate::tests) fn units() -> UnitTree {
    let mut csv = "code,name,kind,tier,parent,order,valid_from,valid_to\n".to_owned();
    csv.push_str("T1,Tỉnh Lam,Tỉnh,tinh,,1,,\nT2,Tỉnh Sơn,Tỉnh,tinh,,2,,\nY1,Xã Xa,Xã,xa,T2,1,,\n");
    for commune in 1..=10 {
        writeln!(csv, "X{commune:02},Xã số {commune},Xã,xa,T1,{commune},,").unwrap();
    }
    csv.push_str("X11,Xã Cũ,Xã,xa,T1,11,,2025-06-30\n");
    UnitTree::from_csv("code,name\ntinh,Cấp tỉnh\nxa,Cấp xã\n".as_bytes(), csv.as_bytes()).unwrap()
}

pub(in crate::tests) fn person(id: &str, role: GrantRole, over: &str) -> Account {
    Account {
        id: AccountId::parse(id).unwrap(),
        kind: AccountKind::Person,
        name: format!("Ông {id}"),
        unit: unit(over),
        grants: vec![GrantView { role, unit: unit(over) }],
        sign_in: SignInId(1),
    }
}

pub(in crate::tests) fn convener() -> Account {
    person("chair", GrantRole::Convener, "T1")
}

pub(in crate::tests) fn site(code: &str) -> Account {
    Account {
        id: AccountId::parse(format!("site-{code}")).unwrap(),
        kind: AccountKind::Site,
        name: code.to_owned(),
        unit: unit(code),
        grants: Vec::new(),
        sign_in: SignInId(1),
    }
}

pub(in crate::tests) fn briefing(communes: u32) -> CreateMeeting {
    CreateMeeting {
        meeting: meeting_id(),
        title: BoundedText::parse("Giao ban tuần").unwrap(),
        kind: MeetingKind::Briefing,
        convening_unit: unit("T1"),
        starts: UtcSeconds(1_795_420_000),
        sites: (1..=communes).map(|commune| unit(&format!("X{commune:02}"))).collect(),
        staff: Vec::new(),
        no_state_secrets: true,
    }
}

/// A province T1 with two districts D1 and D2, and three communes below each: D1A to D1C and D2A to D2C.
pub(in crate::tests) fn three_tiers() -> UnitTree {
    let mut csv = "code,name,kind,tier,parent,order,valid_from,valid_to\n".to_owned();
    csv.push_str("T1,Tỉnh Lam,Tỉnh,tinh,,1,,\nT2,Tỉnh Sơn,Tỉnh,tinh,,2,,\n");
    for district in 1..=2 {
        writeln!(csv, "D{district},Huyện số {district},Huyện,huyen,T1,{district},,").unwrap();
        for (order, commune) in (1..).zip(["A", "B", "C"]) {
            writeln!(csv, "D{district}{commune},Xã {commune},Xã,xa,D{district},{order},,").unwrap();
        }
    }
    let tiers = "code,name\ntinh,Cấp tỉnh\nhuyen,Cấp huyện\nxa,Cấp xã\n";
    UnitTree::from_csv(tiers.as_bytes(), csv.as_bytes()).unwrap()
}

/// A briefing of that province with both districts and the first two communes of each.
pub(in crate::tests) fn three_tier_briefing() -> CreateMeeting {
    let sites = ["D1", "D1A", "D1B", "D2", "D2A", "D2B"].map(unit).to_vec();
    CreateMeeting { sites, ..briefing(0) }
}
