//! The national call: 3,321 communes with long names in one meeting.

use super::harness::{World, briefing, convener, site, unit};
use crate::{Call, UnitTree};
use signaling_protocol::{ServerFrame, ServerMessage, WIRE_LIMITS};
use std::fmt::Write as _;

const COMMUNES: u32 = 3_321;

#[test]
fn no_page_of_a_national_snapshot_is_larger_than_a_frame() {
    let long = "Ủỷ".repeat(30);
    assert_eq!(long.chars().count(), 60);
    let mut csv = "code,name,kind,tier,parent,order\n".to_owned();
    writeln!(csv, "T1,{long},Tỉnh,tinh,,1").unwrap();
    for commune in 1..=COMMUNES {
        writeln!(csv, "X{commune:04},{long},Xã,xa,T1,{commune}").unwrap();
    }
    let tiers = "code,name\ntinh,Cấp tỉnh\nxa,Cấp xã\n";
    let mut world = World::with_units(UnitTree::from_csv(tiers.as_bytes(), csv.as_bytes()).unwrap());
    let mut wanted = briefing(0);
    wanted.sites = (1..=COMMUNES).map(|commune| unit(&format!("X{commune:04}"))).collect();
    world.call(convener(), Call::CreateMeeting(wanted)).unwrap();
    let room = world.join(&site("X3321"));
    let mut pages = Vec::new();
    for message in &world.sent[&room.connection] {
        let bytes = serde_json::to_vec(&ServerFrame { message: message.clone() }).unwrap().len();
        assert!(bytes <= usize::try_from(WIRE_LIMITS.frame_bytes).unwrap(), "{bytes} bytes");
        if let ServerMessage::Snapshot(page) = message {
            pages.push((page.page, page.of));
        }
    }
    assert_eq!(pages, (1..=34).map(|page| (page, 34)).collect::<Vec<_>>());
    assert_eq!(world.picture(room.connection).1.len(), 3_321);
}
