//! A line between two network namespaces that delays, loses and is narrow. Kernels without `netem` have nothing for that, so
//! it is a program: two TUN devices, each the end of a line for whoever has it in its namespace, and every packet that goes
//! into one comes out of the other, later or not at all.

mod shape;

use anyhow::Context;
use clap::Args;
use shape::{Shape, Wire};
use std::{io, io::BufRead, sync::Arc, time::Instant};
use tappers::{Interface, Tun};
use tokio::{
    sync::{mpsc, watch},
    time::sleep_until,
};

/// The largest packet of a line: what the kernel gives a TUN device at first, as on Ethernet.
const MTU: usize = 1_500;

/// Packets read and not yet looked at; more wait in the device.
const READ_AHEAD: usize = 256;

/// Carries packets between two devices until standard input ends. Each line there is a JSON object: `delayMs` one way,
/// `lossPercent`, `kbps` (0: as much as comes) and `queueMs`, how long a packet may wait for its turn.
#[derive(Debug, Clone, Args)]
pub struct Emulate {
    /// The names of the two devices.
    #[arg(long, num_args = 2, required = true)]
    pub devices: Vec<String>,
    /// Which packets are lost is drawn from this.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Carries packets. Says `ready` once both devices are there.
///
/// # Errors
/// If a device cannot be made, which only root may.
pub async fn emulate(options: &Emulate, say: fn(&str)) -> anyhow::Result<()> {
    let device = |name: &String| {
        let device = open(name).with_context(|| format!("cannot make the device {name}; only root may"));
        device.map(Arc::new)
    };
    let devices = options.devices.iter().map(device).collect::<anyhow::Result<Vec<_>>>()?;
    let [one, other] = devices.as_slice() else { anyhow::bail!("two devices are needed") };
    let (sender, shape) = watch::channel(Shape::default());
    let there = carry(Arc::clone(one), Arc::clone(other), shape.clone(), options.seed);
    let back = carry(Arc::clone(other), Arc::clone(one), shape.clone(), options.seed ^ u64::MAX);
    std::thread::spawn(move || listen(&sender));
    say("ready");
    let mut over = shape;
    tokio::select! {
        ended = there => ended,
        ended = back => ended,
        // The sender is gone when standard input has ended.
        () = async { while over.changed().await.is_ok() {} } => Ok(()),
    }
}

/// A device that is gone when this program ends.
fn open(name: &str) -> io::Result<Tun> {
    Tun::new_named(Interface::new(name)?)
}

/// Takes shapes from standard input until it ends.
fn listen(shape: &watch::Sender<Shape>) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        // Whoever says something else keeps the shape it had.
        if let Ok(wanted) = serde_json::from_str(&line) {
            shape.send_replace(wanted);
        }
    }
}

async fn carry(from: Arc<Tun>, to: Arc<Tun>, shape: watch::Receiver<Shape>, seed: u64) -> anyhow::Result<()> {
    let mut wire = Wire::new(seed);
    let mut arrivals = read(from);
    loop {
        let due = wire.due();
        tokio::select! {
            // What is due goes first: a line that is full must not starve its far end.
            biased;
            () = sleep_until(due.unwrap_or_else(now).into()), if due.is_some() => {
                for packet in wire.take(now()) {
                    // A device that is down takes nothing, as a line that is cut; one that is full loses.
                    let _lost = to.send(&packet);
                }
            }
            arrived = arrivals.recv() => {
                let packet = arrived.context("the device cannot be read any more")?;
                wire.put(now(), *shape.borrow(), packet);
            }
        }
    }
}

/// A thread of its own reads the device: what is in safe code waits in no other way.
fn read(device: Arc<Tun>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    std::thread::spawn(move || {
        let mut buffer = [0; MTU];
        while let Ok(length) = device.recv(&mut buffer) {
            let packet = buffer.get(..length).unwrap_or_default().to_vec();
            if sender.blocking_send(packet).is_err() {
                return;
            }
        }
    });
    receiver
}

fn now() -> Instant {
    crate::clock::now()
}
