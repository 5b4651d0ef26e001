//! Whoever loses the right to be in a meeting is out of it at once, by whatever door the right is taken.

use crate::node::{Node, PASSWORD, make_meeting, sites, ticket};
use crate::wire::{Http, Socket};
use serde_json::{Value, json};

const MEETING: &str = "giao-ban";

/// A node with a meeting, its chair's browser, and one room that is in.
struct Scene {
    node: Node,
    chair: Http,
    room: String,
    site: Http,
    socket: Socket,
    token: String,
}

fn secret_path(room: &str) -> String {
    format!("/api/v1/units/{room}/site-secret")
}

fn sign_in_site(node: &Node, room: &str, secret: &Value) -> Http {
    let mut site = Http::new(node.address);
    site.post("/api/v1/session", &json!({ "kind": "site", "code": room, "secret": secret })).expect(200);
    site
}

fn scene() -> Scene {
    let mut node = Node::fresh();
    node.start();
    let mut chair = node.administrator();
    let rooms = sites();
    make_meeting(&mut chair, MEETING, &rooms[..2]);
    let room = rooms[0].clone();
    let issued = chair.post(&secret_path(&room), &json!({})).expect(201);
    let mut site = sign_in_site(&node, &room, &issued["secret"]);
    let mut socket = node.socket();
    let welcome = socket.hello(&ticket(&mut site, MEETING));
    let token = welcome["resumeToken"].as_str().unwrap().to_owned();
    Scene { node, chair, room, site, socket, token }
}

/// What a token that was good is answered.
fn resume_is_refused(node: &Node, token: &str) {
    let mut socket = node.socket();
    let credential = json!({ "kind": "resume", "token": token, "seen": 1 });
    let hello = json!({ "type": "hello", "version": signaling_protocol::PROTOCOL_VERSION, "credential": credential, "device": "program" });
    socket.send(1, 0, &hello).unwrap();
    assert_eq!(socket.until("reply")["outcome"]["refusal"], "ticketInvalid");
}

#[test]
fn a_revoked_site_hears_why_before_its_administrator_has_the_answer() {
    let Scene { mut node, mut chair, room, mut site, mut socket, token } = scene();
    chair.send("DELETE", &secret_path(&room), &[], b"").expect(204);
    let bye = socket.until("bye");
    assert_eq!((&bye["reason"], &bye["retryAfterMs"]), (&"revoked".into(), &Value::Null));
    assert!(socket.next().is_none(), "and the connection is closed");
    resume_is_refused(&node, &token);
    let bearer = format!("Bearer {token}");
    let headers = [("Content-Type", "application/sdp"), ("Authorization", bearer.as_str())];
    site.send("POST", "/api/v1/rtc", &headers, b"v=0").refused(401, "ticketInvalid");
    site.get("/api/v1/session").refused(401, "signedOut");

    // It is a fact: killed at once and started again, the node lets nobody in by the old token.
    node.kill();
    node.start();
    resume_is_refused(&node, &token);
    let mut chair = chair.moved(node.address);
    let issued = chair.post(&secret_path(&room), &json!({})).expect(201);
    let mut again = sign_in_site(&node, &room, &issued["secret"]);
    node.socket().hello(&ticket(&mut again, MEETING));
    assert!(chair.get("/metrics").body.contains("giaoban_hub_total{what=\"seats_revoked\"} 0"));
}

#[test]
fn a_command_line_beside_the_node_puts_out_as_well() {
    let Scene { node, mut chair, room, mut socket, .. } = scene();
    node.command(&["site", "revoke", &room]);
    assert_eq!(socket.until("bye")["reason"], "revoked");

    let mut chair_socket = node.socket();
    chair_socket.hello(&ticket(&mut chair, MEETING));
    let printed = node.command(&["account", "reset-password", "admin"]);
    assert_eq!(chair_socket.until("bye")["reason"], "revoked");
    chair.get("/api/v1/session").refused(401, "signedOut");
    assert!(printed.contains("one-time password:"));
}

#[test]
fn what_is_revoked_while_no_node_runs_is_out_when_it_starts() {
    let Scene { mut node, room, socket, token, .. } = scene();
    drop(socket);
    node.kill();
    node.command(&["site", "revoke", &room]);
    node.start();
    resume_is_refused(&node, &token);
}

#[test]
fn a_person_is_out_with_the_account_the_grant_the_password_or_the_last_session() {
    let Scene { node, mut chair, room, mut socket, .. } = scene();
    let grants = json!([{ "role": "operator", "unit": crate::node::root() }]);
    let body = json!({ "username": "can.bo", "name": "Lê Văn C", "unit": room, "grants": grants });
    let mut password =
        chair.post("/api/v1/accounts", &body).expect(201)["secret"].as_str().unwrap().to_owned();
    let list = chair.get("/api/v1/accounts").expect(200);
    let row = list.as_array().unwrap().iter().find(|row| row["username"] == "can.bo").unwrap().clone();
    let path = |rest: &str| format!("/api/v1/accounts/{}{rest}", row["account"].as_str().unwrap());
    let put = [("Content-Type", "application/json")];

    let come = |password: &str, fresh: bool| {
        let mut http = Http::new(node.address);
        let body = json!({ "kind": "person", "username": "can.bo", "password": password });
        http.post("/api/v1/session", &body).expect(200);
        if fresh {
            let change = json!({ "current": password, "new": PASSWORD });
            http.post("/api/v1/session/password", &change).expect(200);
        }
        let mut socket = node.socket();
        socket.hello(&ticket(&mut http, MEETING));
        (http, socket)
    };
    let (mut http, mut officer) = come(&password, true);
    chair.send("PUT", &path("/grants"), &put, b"[]").expect(200);
    assert_eq!(officer.until("bye")["reason"], "revoked");
    http.post(&format!("/api/v1/meetings/{MEETING}/ticket"), &json!({})).refused(403, "notInvited");
    chair.send("PUT", &path("/grants"), &put, grants.to_string().as_bytes()).expect(200);

    let (_http, mut officer) = come(PASSWORD, false);
    password = chair.post(&path("/password"), &json!({})).expect(200)["secret"].as_str().unwrap().to_owned();
    assert_eq!(officer.until("bye")["reason"], "revoked");

    let (mut http, mut officer) = come(&password, true);
    http.send("DELETE", "/api/v1/session", &[], b"").expect(204);
    assert_eq!(officer.until("bye")["reason"], "revoked");

    let (http, mut officer) = come(PASSWORD, false);
    let state = |state: &str| json!({ "state": state }).to_string();
    let answer = chair.send("PUT", &path("/state"), &put, state("disabled").as_bytes()).expect(200);
    assert_eq!((&answer["username"], &answer["state"]), (&"can.bo".into(), &"disabled".into()));
    assert_eq!(officer.until("bye")["reason"], "revoked");
    http.get("/api/v1/session").refused(401, "signedOut");
    chair.send("PUT", &path("/state"), &put, state("active").as_bytes()).expect(200);
    come(PASSWORD, false);
    node.command(&["account", "disable", "can.bo"]);
    assert!(node.command(&["account", "list"]).contains("\tdisabled"));
    node.command(&["account", "enable", "can.bo"]);
    come(PASSWORD, false);

    // All that is nothing to the room.
    socket.send(1, 0, &json!({ "type": "registerToSpeak", "topic": null })).unwrap();
    loop {
        let reply = socket.until("reply");
        if reply["re"] == 1 {
            assert_eq!(reply["outcome"]["result"], "done", "{reply}");
            break;
        }
    }
}

#[test]
fn a_removed_person_comes_back_when_invited_back() {
    let Scene { node, mut chair, room, .. } = scene();
    let grants = json!([{ "role": "delegate", "unit": room }]);
    let body = json!({ "username": "can.bo", "name": "Lê Văn C", "unit": room, "grants": grants });
    let first = chair.post("/api/v1/accounts", &body).expect(201)["secret"].clone();
    let mut http = Http::new(node.address);
    http.post("/api/v1/session", &json!({ "kind": "person", "username": "can.bo", "password": first }))
        .expect(200);
    http.post("/api/v1/session/password", &json!({ "current": first, "new": PASSWORD })).expect(200);
    let mut host = node.socket();
    host.hello(&ticket(&mut chair, MEETING));
    let mut delegate = node.socket();
    let seat = delegate.hello(&ticket(&mut http, MEETING))["you"]["seat"].clone();
    host.send(1, 0, &json!({ "type": "removeSeat", "seat": seat })).unwrap();
    assert_eq!(delegate.until("bye")["reason"], "removed");
    http.post(&format!("/api/v1/meetings/{MEETING}/ticket"), &json!({})).refused(403, "removed");
    host.send(2, 0, &json!({ "type": "inviteBack", "seat": seat })).unwrap();
    while host.until("reply")["re"] != 2 {}
    let mut delegate = node.socket();
    assert_eq!(delegate.hello(&ticket(&mut http, MEETING))["you"]["seat"], seat);
}

#[test]
fn whoever_changes_the_own_password_stays_in_the_meeting_and_other_browsers_are_out() {
    let Scene { node, mut chair, .. } = scene();
    let mut other = Http::new(node.address);
    let person = json!({ "kind": "person", "username": "admin", "password": PASSWORD });
    other.post("/api/v1/session", &person).expect(200);
    let mut socket = node.socket();
    let token = socket.hello(&ticket(&mut chair, MEETING))["resumeToken"].as_str().unwrap().to_owned();
    let foreign = ticket(&mut other, MEETING);
    let next = "Chuồn chuồn bay thấp 7";
    chair.post("/api/v1/session/password", &json!({ "current": PASSWORD, "new": next })).expect(200);
    other.get("/api/v1/session").refused(401, "signedOut");
    let mut late = node.socket();
    let hello = json!({
        "type": "hello", "version": signaling_protocol::PROTOCOL_VERSION, "credential": { "kind": "ticket", "ticket": foreign }, "device": "program",
    });
    late.send(0, 0, &hello).unwrap();
    assert_eq!(late.until("reply")["outcome"]["refusal"], "ticketInvalid");

    chair.get("/api/v1/session").expect(200);
    socket.send(1, 0, &json!({ "type": "startMeeting" })).unwrap();
    while socket.until("reply")["re"] != 1 {}
    drop(socket);
    let mut back = node.socket();
    let credential = json!({ "kind": "resume", "token": token, "seen": 1 });
    back.send(0, 0, &json!({ "type": "hello", "version": signaling_protocol::PROTOCOL_VERSION, "credential": credential, "device": "program" }))
        .unwrap();
    back.until("welcome");

    // A change from a browser the seat is not held by puts it out.
    other
        .post("/api/v1/session", &json!({ "kind": "person", "username": "admin", "password": next }))
        .expect(200);
    other.post("/api/v1/session/password", &json!({ "current": next, "new": PASSWORD })).expect(200);
    assert_eq!(back.until("bye")["reason"], "revoked");
    chair.get("/api/v1/session").refused(401, "signedOut");
}
