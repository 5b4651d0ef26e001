//! The ways between workers: one bounded ring into each, and its waker. What one engine tells another crosses here and
//! nowhere else.

use crate::{clock, link::Link};
use sfu_core::{Arena, Crossing, Parcel, WorkerId, Workers};
use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Instant,
};

/// Parcels that may wait for one worker: some 20 ms of what it could fan out at all, in 1.6 MiB. A full ring drops, and
/// what was dropped is made up for as after a loss on a line.
const RING_PARCELS: usize = 1_024;

/// A parcel and when what it is about came to the node.
pub(crate) type Sent = (Instant, Parcel);

/// What one worker needs to reach the others and to be reached.
#[derive(Debug)]
pub(crate) struct Crossroads {
    ways: Arc<[(SyncSender<Sent>, Arc<Link>)]>,
    arriving: Receiver<Sent>,
    /// Who has been sent something and has not been woken.
    owed: Workers,
}

impl Crossroads {
    /// The ways between workers, one end for each.
    pub(crate) fn between(links: &[Arc<Link>]) -> Vec<Self> {
        let (ways, arriving): (Vec<_>, Vec<_>) = links
            .iter()
            .map(|link| {
                let (sender, receiver) = sync_channel(RING_PARCELS);
                ((sender, Arc::clone(link)), receiver)
            })
            .unzip();
        let ways: Arc<[_]> = ways.into();
        let end = |arriving| Self { ways: Arc::clone(&ways), arriving, owed: Workers::default() };
        arriving.into_iter().map(end).collect()
    }

    /// Sends a copy to each addressee; tells how many there was no room for.
    pub(crate) fn carry(&mut self, came: Option<Instant>, crossing: &Crossing, arena: &Arena) -> u64 {
        let parcel = crossing.parcel(arena);
        let came = came.unwrap_or_else(clock::now);
        let mut dropped = 0;
        for worker in crossing.to.iter() {
            let Some((way, _)) = self.ways.get(worker.number()) else { continue };
            match way.try_send((came, parcel.clone())) {
                Ok(()) => self.owed = self.owed.with(Workers::only(worker)),
                // A worker that failed takes nothing any more; its peers were told.
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => dropped += 1,
            }
        }
        dropped
    }

    /// Wakes who was sent something, before this worker goes on with its own receivers.
    pub(crate) fn wake(&mut self) {
        for worker in std::mem::take(&mut self.owed).iter() {
            if let Some((_, link)) = self.ways.get(worker.number()) {
                link.waker.wake();
            }
        }
    }

    /// What has arrived, if anything.
    pub(crate) fn take(&self) -> Option<Sent> {
        self.arriving.try_recv().ok()
    }

    /// How many workers there are, and which of them has a number.
    pub(crate) fn seat(&self, worker: usize) -> Option<(WorkerId, usize)> {
        WorkerId::new(worker).map(|here| (here, self.ways.len()))
    }
}
