//! Large meetings and long names, up to the national call of 3,321 communes: nothing said is larger than a frame.

use super::harness::{World, briefing, convener, site, unit};
use crate::meeting::MAX_QUEUE;
use crate::{Call, ConnectionId, UnitTree};
use signaling_protocol::{
    BoundedText, ClientMessage, Microphone, Refusal, ServerFrame, ServerMessage, WIRE_LIMITS,
};
use std::fmt::Write as _;

/// A world with one meeting of so many communes, each with this name.
fn nation(communes: u32, name: &str) -> World {
    let mut csv = "code,name,kind,tier,parent,order\n".to_owned();
    writeln!(csv, "T1,{name},Tỉnh,tinh,,1").unwrap();
    for commune in 1..=communes {
        writeln!(csv, "X{commune:04},{name},Xã,xa,T1,{commune}").unwrap();
    }
    let tiers = "code,name\ntinh,Cấp tỉnh\nxa,Cấp xã\n";
    let mut world = World::with_units(UnitTree::from_csv(tiers.as_bytes(), csv.as_bytes()).unwrap());
    let mut wanted = briefing(0);
    wanted.sites = (1..=communes).map(|commune| unit(&format!("X{commune:04}"))).collect();
    world.call(convener(), Call::CreateMeeting(wanted)).unwrap();
    world
}

/// Every message fits a frame; the pages of the last snapshot.
fn pages(world: &World, connection: ConnectionId) -> Vec<(u32, u32)> {
    let mut pages = Vec::new();
    for message in &world.sent[&connection] {
        let bytes = serde_json::to_vec(&ServerFrame { message: message.clone() }).unwrap().len();
        assert!(bytes <= usize::try_from(WIRE_LIMITS.frame_bytes).unwrap(), "{bytes} bytes");
        if let ServerMessage::Snapshot(page) = message {
            pages.push((page.page, page.of));
        }
    }
    pages
}

#[test]
fn a_page_has_as_many_seats_as_are_allowed_while_they_fit() {
    let mut world = nation(3_321, &"Ủỷ".repeat(30));
    let room = world.join(&site("X3321"));
    assert_eq!(pages(&world, room.connection), (1..=34).map(|page| (page, 34)).collect::<Vec<_>>());
    assert_eq!(world.picture(room.connection).1.len(), 3_321);
}

#[test]
fn no_frame_is_too_large_with_the_longest_names_a_full_queue_and_all_seats_changed() {
    let mut world = nation(400, &"Ủỷ".repeat(60));
    let mut chair = world.join(&convener());
    world.ask(&mut chair, ClientMessage::StartMeeting {}).unwrap();
    let topic = Some(BoundedText::parse(&"Ẳ".repeat(120)).unwrap());
    for commune in 1..=MAX_QUEUE {
        let mut room = world.join(&site(&format!("X{commune:04}")));
        world.ask(&mut room, ClientMessage::RegisterToSpeak { topic: topic.clone() }).unwrap();
    }
    let mut late = world.join(&site("X0400"));
    let refused = world.ask(&mut late, ClientMessage::RegisterToSpeak { topic });
    assert_eq!(refused, Err(Refusal::Full));
    let shown = pages(&world, late.connection);
    assert!(shown.len() > 4, "shorter pages for longer names: {}", shown.len());
    assert_eq!(u32::try_from(shown.len()).unwrap(), shown[0].1);

    let told = world.sent[&late.connection].len();
    let fact = world.ask(&mut chair, ClientMessage::AllowAllMicrophones {}).unwrap();
    pages(&world, late.connection);
    let numbers: Vec<_> = world.sent[&late.connection][told..]
        .iter()
        .filter_map(|message| match message {
            ServerMessage::Changed { fact, .. } => Some(*fact),
            _other => None,
        })
        .collect();
    let (last, before) = numbers.split_last().unwrap();
    assert!(before.len() > 4, "all seats changed, in parts");
    assert!(before.iter().all(|number| number < last), "who is cut off in between asks for all of it again");
    assert_eq!(*last, fact);
    let (_, seats) = world.picture(late.connection);
    let locked = seats.values().filter(|seat| seat.microphone == Microphone::Locked).count();
    assert_eq!((seats.len(), locked), (401, 0));
}
