//! A line to the database that swallows everything and breaks nothing, as a firewall does that forgets connections.

use crate::kill::{MEETING, set_up};
use crate::node::{Node, now, pause, ticket};
use crate::postgres::{Postgres, new_database};
use crate::wire::Http;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longer than a node waits for an answer of its database.
const NOTICED: Duration = Duration::from_secs(30);

/// Hands bytes on, until told to swallow them; a connection that has swallowed some stays dead.
struct Line {
    port: u16,
    swallows: Arc<AtomicBool>,
}

impl Line {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let swallows = Arc::new(AtomicBool::new(false));
        let swallow = Arc::clone(&swallows);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let dead = Arc::new(AtomicBool::new(false));
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let (dead, swallow) = (Arc::clone(&dead), Arc::clone(&swallow));
                    std::thread::spawn(move || carry(from, to, &dead, &swallow));
                }
            }
        });
        Self { port: own, swallows }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, dead: &AtomicBool, swallow: &AtomicBool) {
    let mut bytes = [0; 4_096];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if swallow.load(Ordering::SeqCst) {
            dead.store(true, Ordering::SeqCst);
        }
        if !dead.load(Ordering::SeqCst) && to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    // An end is swallowed like everything else.
    if !dead.load(Ordering::SeqCst) {
        let _ = to.shutdown(std::net::Shutdown::Both);
    }
}

#[test]
fn an_outage_that_nobody_reports_is_noticed_and_lasts_no_longer() {
    let server = Postgres::start();
    let line = Line::to(server.port);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(new_database(&server.url()));
    let near = url.replace(&format!(":{}/", server.port), &format!(":{}/", line.port));
    assert_ne!(near, url);
    let mut node = Node::fresh_on(Some(&near));
    node.start();
    let (mut chair, _rooms) = set_up(&node);
    let mut socket = node.socket();
    let welcome = socket.hello(&ticket(&mut chair.http, MEETING));
    chair.on_welcome(&welcome);
    chair.read_snapshot(&mut socket);

    line.swallows.store(true, Ordering::SeqCst);
    let request = chair.say(&mut socket, &json!({ "type": "startMeeting" }));
    let away = || Http::new(node.address).get("/readyz").body.contains("the database is away");
    let deadline = now() + NOTICED;
    while !away() {
        assert!(now() < deadline, "not noticed:\n{}", node.log());
        pause();
    }
    assert!(chair.is_open(request), "nothing is confirmed");
    line.swallows.store(false, Ordering::SeqCst);
    assert!(chair.hear(&mut socket, request), "the old connections are given up:\n{}", node.log());
    chair.check_facts(&node, 0);
    assert!(node.terminate().success());
}
