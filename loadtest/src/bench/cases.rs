//! What is measured, case by case: each starts a server of its own, fills it, lets it settle and then looks.

use super::{
    camera::Shape,
    crowd::{Crowd, Seen, Timing, Who},
    process::{self, Cpu},
    row::{Row, approximate},
    server::{Film, Server},
    wire::Network,
};
use crate::clock;
use std::time::Duration;

/// People who connect at the same time while nothing is measured.
const GROUP: usize = 16;
/// From the last one's arrival until the server is looked at: estimates have settled and caches are warm.
const SETTLE: Duration = Duration::from_secs(4);
/// Longest wait for every stream of a meeting to flow; an estimate that starts low needs some seconds.
const FLOW_PATIENCE: Duration = Duration::from_secs(40);
/// Up to so many receivers each is timed, beyond it one of so many.
const TIMED_ALL: u32 = 32;
const TIMED_ONE_OF: u32 = 16;
/// Viewers of one room while the limit is sought.
const LADDER_ROOM: u32 = 100;
/// Rungs, in rooms: from a load every server bears to one that none is expected to.
const LADDER: [u32; 14] = [1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 30, 36, 42];
/// A rung is past the limit when less than this arrives.
const DELIVERED_PERCENT: f64 = 99.0;
/// A processor that is used more than this is used up.
const FULL_PERCENT: f64 = 97.0;
/// Viewers who run while others come.
const STORM_AUDIENCE: u32 = 400;
/// Who comes, and in what time.
const STORM_JOINS: u32 = 150;
const STORM_LENGTH: Duration = Duration::from_secs(10);

/// One thing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// One sends to so many, each packet alone.
    Broadcast(u32),
    /// The same rate in pictures of several packets.
    Pictures(u32),
    /// So many all see each other.
    Meeting(u32),
    /// More and more rooms until something gives.
    Ladder,
    /// Many come at once while others watch.
    Storm,
}

impl Case {
    /// All, in the order of the report.
    pub(super) const ALL: [Self; 12] = [
        Self::Broadcast(10),
        Self::Broadcast(100),
        Self::Broadcast(400),
        Self::Broadcast(1_000),
        Self::Pictures(100),
        Self::Pictures(400),
        Self::Pictures(1_000),
        Self::Meeting(4),
        Self::Meeting(8),
        Self::Meeting(16),
        Self::Ladder,
        Self::Storm,
    ];

    /// As it is asked for and reported.
    pub(super) fn name(self) -> String {
        match self {
            Self::Broadcast(viewers) => format!("broadcast-{viewers}"),
            Self::Pictures(viewers) => format!("pictures-{viewers}"),
            Self::Meeting(people) => format!("meeting-{people}"),
            Self::Ladder => "ladder".to_owned(),
            Self::Storm => "joins".to_owned(),
        }
    }

    /// Measures it at a fresh server.
    pub(super) fn run(
        self,
        server: &mut dyn Server,
        network: Network,
        window: Duration,
    ) -> anyhow::Result<Vec<Row>> {
        let mut stand = Stand { crowd: Crowd::new(network)?, server, window, next: 1, join_cpu: 0.0 };
        match self {
            Self::Broadcast(viewers) => stand.broadcast(&self.name(), viewers, Shape::EVEN),
            Self::Pictures(viewers) => stand.broadcast(&self.name(), viewers, Shape::PICTURES),
            Self::Meeting(people) => stand.meeting(&self.name(), people),
            Self::Ladder => stand.ladder(),
            Self::Storm => stand.storm(),
        }
    }
}

/// A server and its crowd.
struct Stand<'a> {
    crowd: Crowd,
    server: &'a mut dyn Server,
    window: Duration,
    /// The next participant's number.
    next: u32,
    /// Milliseconds of the server's processor time for each join so far.
    join_cpu: f64,
}

impl Stand<'_> {
    fn broadcast(&mut self, case: &str, viewers: u32, shape: Shape) -> anyhow::Result<Vec<Row>> {
        self.open_room(1, shape, Duration::ZERO)?;
        let before = Cpu::of(self.server.pid());
        self.fill(1, viewers)?;
        self.join_cpu = milliseconds(Cpu::of(self.server.pid()).since(before)) / f64::from(viewers);
        self.crowd.until(clock::now() + SETTLE)?;
        Ok(vec![self.look(case, self.window)?])
    }

    fn meeting(&mut self, case: &str, people: u32) -> anyhow::Result<Vec<Row>> {
        self.server.open_room(1)?;
        let who = |participant| Who { room: 1, participant, timing: Timing::Sampled };
        let people: Vec<_> = (1..=people).map(who).collect();
        let film = Film { shape: Shape::EVEN, first: clock::now() };
        self.server.meet(&mut self.crowd, &people, film)?;
        self.crowd.until_connected()?;
        let deadline = clock::now() + FLOW_PATIENCE;
        while self.crowd.silent_streams() > 0 && clock::now() < deadline {
            self.crowd.until(clock::now() + Duration::from_millis(200))?;
        }
        self.crowd.until(clock::now() + SETTLE)?;
        Ok(vec![self.look(case, self.window)?])
    }

    /// Rooms are added until the server, or the generator, can take no more; every rung is a row.
    fn ladder(&mut self) -> anyhow::Result<Vec<Row>> {
        let mut rows: Vec<Row> = Vec::new();
        let mut rooms = 0;
        for rung in LADDER {
            while rooms < rung {
                rooms += 1;
                // Rooms send at different moments of the same interval, as strangers do.
                let phase = Shape::EVEN.interval * (rooms * 5 % 8) / 8;
                self.open_room(rooms, Shape::EVEN, phase)?;
                self.fill(rooms, LADDER_ROOM)?;
            }
            self.crowd.until(clock::now() + SETTLE / 2)?;
            let row = self.look(&format!("ladder-{}", rung * LADDER_ROOM), self.window / 2)?;
            let beyond = row.delivery_percent < DELIVERED_PERCENT
                || row.server_cpu_percent > FULL_PERCENT
                || row.generator_cpu_percent > FULL_PERCENT;
            rows.push(row);
            if beyond {
                break;
            }
        }
        Ok(rows)
    }

    /// The audience alone, then the same audience while others come.
    fn storm(&mut self) -> anyhow::Result<Vec<Row>> {
        self.open_room(1, Shape::EVEN, Duration::ZERO)?;
        self.fill(1, STORM_AUDIENCE)?;
        self.crowd.until(clock::now() + SETTLE)?;
        let calm = self.look("joins-before", self.window)?;

        let readings = self.begin();
        let began = clock::now();
        for join in 1..=STORM_JOINS {
            let who = Who { room: 1, participant: self.number(), timing: Timing::Counted };
            self.server.join_viewer(&mut self.crowd, who)?;
            self.crowd.until(began + STORM_LENGTH * join / STORM_JOINS)?;
        }
        let mut busy = self.end("joins-during", &readings);
        self.crowd.until_connected()?;
        // What the storm cost above forwarding, to half of the newcomers on the average too.
        let audience = f64::from(STORM_AUDIENCE + STORM_JOINS / 2) / f64::from(STORM_AUDIENCE);
        let idle = calm.server_cpu_percent / 100.0 * STORM_LENGTH.as_secs_f64() * 1_000.0 * audience;
        let spent = busy.server_cpu_percent / 100.0 * STORM_LENGTH.as_secs_f64() * 1_000.0;
        busy.cpu_ms_per_join = (spent - idle).max(0.0) / f64::from(STORM_JOINS);
        Ok(vec![calm, busy])
    }

    fn open_room(&mut self, room: u32, shape: Shape, phase: Duration) -> anyhow::Result<()> {
        self.server.open_room(room)?;
        let who = Who { room, participant: self.number(), timing: Timing::Counted };
        let film = Film { shape, first: clock::now() + phase };
        self.server.join_publisher(&mut self.crowd, who, film)?;
        Ok(self.crowd.until_connected()?)
    }

    fn fill(&mut self, room: u32, viewers: u32) -> anyhow::Result<()> {
        for viewer in 0..viewers {
            let timed = viewers <= TIMED_ALL || viewer.is_multiple_of(TIMED_ONE_OF);
            let timing = if timed { Timing::Sampled } else { Timing::Counted };
            let who = Who { room, participant: self.number(), timing };
            self.server.join_viewer(&mut self.crowd, who)?;
            if self.crowd.connecting() >= GROUP {
                self.crowd.until_connected()?;
            }
        }
        Ok(self.crowd.until_connected()?)
    }

    fn number(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        number
    }

    fn look(&mut self, case: &str, window: Duration) -> anyhow::Result<Row> {
        let readings = self.begin();
        self.crowd.until(clock::now() + window)?;
        Ok(self.end(case, &readings))
    }

    fn begin(&mut self) -> Readings {
        self.crowd.begin_window();
        Readings::now(self.server.pid(), &self.crowd)
    }

    fn end(&mut self, case: &str, before: &Readings) -> Row {
        let after = Readings::now(self.server.pid(), &self.crowd);
        let seen = self.crowd.end_window();
        let server = after.server.since(before.server);
        let generator = after.generator.since(before.generator);
        Row {
            streams: self.crowd.streams(),
            cpu_us_per_packet: approximate(server.ran) / 1_000.0 / approximate(seen.received.max(1)),
            server_cpu_percent: share(server.ran, &seen),
            server_waited_percent: share(server.waited, &seen),
            rss_kib: process::resident_kib(self.server.pid()),
            cpu_ms_per_join: self.join_cpu,
            generator_cpu_percent: share(generator.ran, &seen),
            generator_dropped: after.dropped - before.dropped,
            protection: self.crowd.profile(),
            ..Row::of(case, &seen)
        }
    }
}

/// What is read at both ends of a window.
struct Readings {
    server: Cpu,
    generator: Cpu,
    dropped: u64,
}

impl Readings {
    fn now(server: u32, crowd: &Crowd) -> Self {
        Self { server: Cpu::of(server), generator: Cpu::of(std::process::id()), dropped: crowd.dropped() }
    }
}

fn milliseconds(cpu: Cpu) -> f64 {
    approximate(cpu.ran) / 1_000_000.0
}

fn share(nanos: u64, seen: &Seen) -> f64 {
    approximate(nanos) / 10_000_000.0 / seen.length.as_secs_f64().max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_its_own_name() {
        let mut names: Vec<_> = Case::ALL.iter().map(|case| case.name()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Case::ALL.len());
        assert!(LADDER.is_sorted());
    }
}
