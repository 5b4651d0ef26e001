//! What is asked for at the allocator: nothing for a packet, once a meeting is warm.

use super::World;
use crate::Input;
use std::time::Duration;

/// What the deadlines of one person may ask for in a second; nothing of it goes by packets.
const DEADLINE_ALLOCATIONS_MAX: u64 = 40;

/// What a client of twelve lines may hold in the engine before any media: nine tenths of it are its control side's.
const CLIENT_BYTES_MAX: i64 = 150_000;

/// What woke an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Media, and reports about media.
    Media,
    /// A deadline.
    Deadline,
    /// Handshakes, checks, commands.
    Control,
}

impl Cause {
    pub(crate) fn of(input: &Input<'_>) -> Self {
        match input {
            Input::Datagram(datagram) if datagram.contents.first().is_some_and(|first| *first >= 128) => {
                Self::Media
            }
            Input::Crossed(_) => Self::Media,
            Input::Timeout => Self::Deadline,
            Input::Datagram(_) | Input::Command(_) => Self::Control,
        }
    }
}

/// Allocations of a world's engines by cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Allocations {
    pub(crate) media: u64,
    pub(crate) deadlines: u64,
    pub(crate) control: u64,
}

impl Allocations {
    pub(crate) fn count(&mut self, cause: Cause, allocations: u64) {
        let counted = match cause {
            Cause::Media => &mut self.media,
            Cause::Deadline => &mut self.deadlines,
            Cause::Control => &mut self.control,
        };
        *counted += allocations;
    }
}

/// Six people with pictures and three voices, all watching, one of them small pictures.
fn meeting(workers: usize) -> World {
    let mut world = World::with_workers(1, 1, workers);
    let peers: Vec<_> = (1..=6).map(|number| world.join(number, 0)).collect();
    for peer in &peers {
        world.open(*peer);
        world.client_mut(*peer).sends_camera = true;
    }
    world.view(peers[4], super::stage::mosaic(peers[1], 180));
    world.programme(0, Some(peers[0]));
    for (peer, level) in peers.iter().zip([20, 25, 30]) {
        world.client_mut(*peer).voice = Some(level);
    }
    world
}

#[test]
fn a_warm_meeting_allocates_nothing_for_its_packets() {
    for workers in [1, 2] {
        let mut world = meeting(workers);
        world.run(Duration::from_secs(20));
        let counted = |world: &mut World| -> u64 {
            (0..workers).map(|worker| world.engine_at(worker).counters().media_forwarded).sum()
        };
        let before = counted(&mut world);
        world.allocations = Allocations::default();
        world.run(Duration::from_secs(10));
        let forwarded = counted(&mut world) - before;
        let allocations = world.allocations;
        println!("{workers} workers, {forwarded} packets forwarded: {allocations:?}");
        assert!(forwarded > 5_000, "only {forwarded} packets were forwarded");
        assert_eq!(allocations.media, 0);
        // Choosing layers anew and the library's own timers; their number goes by people and seconds.
        let each = allocations.deadlines / 6 / 10;
        assert!(each <= DEADLINE_ALLOCATIONS_MAX, "{each} a second for each person");
    }
}

#[test]
fn who_only_watches_costs_so_much_memory_and_no_more() {
    let mut world = World::new(1);
    world.join(1, 0);
    let before = world.held;
    world.join(2, 0);
    world.run(Duration::from_secs(5));
    let held = world.held - before;
    println!("{held} bytes for a client of twelve lines");
    assert!(held < CLIENT_BYTES_MAX, "{held} bytes are held for a client that sends nothing");
}
