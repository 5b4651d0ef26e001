//! The node alone, without signaling, for `cargo xtask bench`: commands as lines of JSON on standard input, answers
//! and refusals as lines of JSON on standard output. The first line out names the addresses media is received on. It ends with its
//! input. Arguments: the address to listen on, and how many workers.
#![expect(clippy::print_stdout, reason = "standard output is its way out")]

use sfu_control::{SfuCommand, SfuEvent};
use sfu_node::{Listen, ListenAddress, Node, NodeConfig, Offload, SendError};
use std::{
    error::Error,
    io::{BufRead, Write, stdin, stdout},
    num::NonZeroU16,
    sync::mpsc::channel,
    thread,
};

/// More than any case has.
const MAX_PEERS: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("the address to listen on is missing")?.parse()?;
    let workers = arguments.next().map_or(Ok(NonZeroU16::MIN), |text| text.parse())?;
    let config = NodeConfig {
        listen: Listen::Addresses(vec![ListenAddress::same(address)]),
        first_port: 0,
        workers,
        max_peers: MAX_PEERS,
        offload: Offload::Automatic,
    };
    // A worker must not wait for whoever reads our output.
    let (sender, events) = channel::<SfuEvent>();
    let node = Node::start(&config, move |event| sender.send(event).unwrap_or(()))?;
    println!("{}", serde_json::to_string(node.addresses())?);
    let writer = thread::spawn(move || {
        // The rest are reports on lines and slots, which would cost this process more than they tell.
        let wanted = |e: &SfuEvent| matches!(e, SfuEvent::Answered { .. } | SfuEvent::Refused { .. });
        for event in events.into_iter().filter(wanted) {
            let Ok(text) = serde_json::to_string(&event) else { continue };
            if writeln!(stdout(), "{text}").is_err() {
                // Nobody listens any more; the input ends next.
                return;
            }
        }
    });
    for line in stdin().lock().lines() {
        let command: SfuCommand = serde_json::from_str(&line?)?;
        while let Err(error) = node.send(command.clone()) {
            if error == SendError::Gone {
                return Err(error.into());
            }
            // The queue drains in milliseconds, and nothing else waits for this thread.
            thread::yield_now();
        }
    }
    drop(node);
    writer.join().map_err(|_| "the writer of events failed")?;
    Ok(())
}
