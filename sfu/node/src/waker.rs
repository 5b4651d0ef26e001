//! Wakes a sleeping worker from another thread: an eventfd beside its sockets.

use rustix::{
    event::{EventfdFlags, eventfd},
    io::{read, write},
};
use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

/// Any number of wakes before the worker looks are one wake.
#[derive(Debug)]
pub(crate) struct Waker(OwnedFd);

impl Waker {
    /// A waker that has not been woken.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?))
    }

    /// Ends the worker's sleep, or keeps it from falling asleep.
    pub(crate) fn wake(&self) {
        // It fails only when the counter is at its limit, and then the worker is awake already.
        let _already_awake = write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Takes note of all wakes so far. Called before looking at what they were about, so that none is lost.
    pub(crate) fn clear(&self) {
        // It fails only when nobody has woken us.
        let _nothing_to_clear = read(&self.0, &mut [0_u8; 8]);
    }

    /// For waiting on.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
