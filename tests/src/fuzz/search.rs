//! Tries mutations of a corpus for a given time on stable Rust, without instrumentation: what an input was made of stands
//! in for the code it reached. An input that breaks a property, takes too long or ends the process is left in a file.

use super::mutate::{Chance, mutate};
use super::{Target, corpus};
use crate::clock;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Inputs kept to be changed further; with more the new ones would hardly be chosen.
const POOL_MAX: usize = 4_096;
/// An input that takes longer is a finding: a datagram must not cost its worker this much, even unoptimised.
const SLOW: Duration = Duration::from_secs(5);
/// An input that takes this long never ends.
const STUCK: Duration = Duration::from_secs(30);
/// The input being tried lies in a file of this name, so that it is there whatever ends the process.
const RUNNING: &str = "running";

/// How a search ended.
#[derive(Debug)]
pub enum Ending {
    /// Everything held.
    Held {
        /// Inputs tried.
        tries: u64,
        /// Shapes seen.
        shapes: usize,
    },
    /// An input broke a property.
    Broke {
        /// The file it was left in.
        input: PathBuf,
    },
    /// An input took too long.
    Slow {
        /// The file it was left in.
        input: PathBuf,
    },
}

/// Tries mutations of a target's corpus until the time is over or one is found that breaks a property.
pub fn search(target: &'static Target, span: Duration, seed: u64) -> io::Result<Ending> {
    let folder = corpus::folder().join("artifacts").join(target.name);
    std::fs::create_dir_all(&folder)?;
    let running = folder.join(RUNNING);
    let tried = Arc::new(AtomicU64::new(0));
    let (sender, receiver) = channel();
    let worker =
        Worker { target, until: clock::now() + span, tried: Arc::clone(&tried), running: running.clone() };
    std::thread::spawn(move || sender.send(worker.run(seed)));
    let mut before = 0;
    loop {
        match receiver.recv_timeout(STUCK) {
            Ok(found) => return settle(&running, found?, seed),
            Err(RecvTimeoutError::Timeout) => {
                let now = tried.load(Ordering::Relaxed);
                if now == before {
                    return Ok(Ending::Slow { input: set_aside(&running, "stuck", seed)? });
                }
                before = now;
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other("the search's thread is gone"));
            }
        }
    }
}

fn settle(running: &Path, found: Found, seed: u64) -> io::Result<Ending> {
    match found {
        Found::Nothing { tries, shapes } => {
            std::fs::remove_file(running)?;
            Ok(Ending::Held { tries, shapes })
        }
        Found::Broken => Ok(Ending::Broke { input: set_aside(running, "broke", seed)? }),
        Found::Slow => Ok(Ending::Slow { input: set_aside(running, "slow", seed)? }),
    }
}

/// Keeps the input that was tried last under a name of its own.
fn set_aside(running: &Path, how: &str, seed: u64) -> io::Result<PathBuf> {
    let kept = running.with_file_name(format!("{how}-{seed:016x}"));
    std::fs::rename(running, &kept)?;
    Ok(kept)
}

#[derive(Clone, Copy)]
enum Found {
    Nothing { tries: u64, shapes: usize },
    Broken,
    Slow,
}

struct Worker {
    target: &'static Target,
    until: Instant,
    tried: Arc<AtomicU64>,
    running: PathBuf,
}

impl Worker {
    fn run(&self, seed: u64) -> io::Result<Found> {
        let mut file = File::create(&self.running)?;
        let mut chance = Chance::new(seed);
        let mut pool: Vec<Vec<u8>> = corpus::seeds(self.target)?.into_iter().map(|seed| seed.bytes).collect();
        let mut shapes = HashSet::new();
        let mut seeds = pool.clone().into_iter();
        while clock::now() < self.until {
            let input = seeds.next().unwrap_or_else(|| {
                let one = pool.get(chance.below(pool.len())).map(Vec::as_slice).unwrap_or_default();
                let other = pool.get(chance.below(pool.len())).map(Vec::as_slice).unwrap_or_default();
                mutate(&mut chance, (one, other), self.target.words, self.target.longest)
            });
            file.rewind()?;
            file.write_all(&input)?;
            file.set_len(input.len() as u64)?;
            let began = clock::now();
            let Ok(seen) = catch_unwind(AssertUnwindSafe(|| (self.target.hold)(&input))) else {
                return Ok(Found::Broken);
            };
            if clock::now().duration_since(began) > SLOW {
                return Ok(Found::Slow);
            }
            if shapes.insert(seen.shape) && pool.len() < POOL_MAX {
                pool.push(input);
            }
            self.tried.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Found::Nothing { tries: self.tried.load(Ordering::Relaxed), shapes: shapes.len() })
    }
}
