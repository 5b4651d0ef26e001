//! The media door of a real node: an offer and its answer, for a seat that has come in.

use crate::node::{Node, STOP, make_meeting, now, pause, sites, ticket};
use serde_json::json;

/// What a browser offers.
const OFFER: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../sfu/core/tests/fixtures/sdp/chromium-156-delegate.sdp"
));

#[test]
fn a_seat_that_has_come_in_gets_an_answer_to_its_offer() {
    let mut node = Node::fresh();
    node.start();
    let mut http = node.administrator();
    make_meeting(&mut http, "giao-ban", &sites()[..3]);
    let mut socket = node.socket();
    let welcome = socket.hello(&ticket(&mut http, "giao-ban"));
    let bearer = format!("Bearer {}", welcome["resumeToken"].as_str().unwrap());
    let headers = [("Content-Type", "application/sdp"), ("Authorization", bearer.as_str())];
    let path = "/api/v1/rtc";

    http.send("POST", path, &headers, b"v=0\r\nthis is no offer").refused(422, "offerRejected");
    let reply = http.send("POST", path, &headers, OFFER.as_bytes());
    assert_eq!(reply.status, 201, "{}", reply.body);
    assert_eq!(reply.header("content-type"), Some("application/sdp"));
    assert!(reply.body.starts_with("v=0\r\n") && reply.body.contains(" 127.0.0.1 "), "{}", reply.body);
    let lines = |sdp: &str| sdp.lines().filter(|line| line.starts_with("m=")).count();
    assert_eq!(lines(&reply.body), lines(OFFER), "every media line is answered");
    // A worker shows its figures when its round is over, which may be after the answer is here.
    let deadline = now() + STOP;
    while !http.get("/metrics").body.contains("giaoban_sfu_offers_answered_total{worker=\"0\"} 1") {
        assert!(now() < deadline, "the offer is not counted");
        pause();
    }

    let place = reply.header("location").unwrap().to_owned();
    assert_eq!(http.send("PATCH", &place, &headers, OFFER.as_bytes()).status, 200);
    http.send("DELETE", &place, &headers, b"").expect(204);
    http.send("PATCH", &place, &headers, OFFER.as_bytes()).refused(409, "notConnected");
    socket.send(1, 0, &json!({ "type": "ping" })).unwrap();
    socket.until("pong");

    // The token of a connection that came after it opens the door; the old one does not any more.
    let welcome = node.socket().resume(welcome["resumeToken"].as_str().unwrap(), 1);
    http.send("POST", path, &headers, OFFER.as_bytes()).refused(401, "ticketInvalid");
    let bearer = format!("Bearer {}", welcome["resumeToken"].as_str().unwrap());
    let headers = [("Content-Type", "application/sdp"), ("Authorization", bearer.as_str())];
    assert_eq!(http.send("POST", path, &headers, OFFER.as_bytes()).status, 201);
}
