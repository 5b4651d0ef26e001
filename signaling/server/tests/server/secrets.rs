//! Secrets stay where they belong: neither a log at `debug` nor the data directory holds one.

use crate::node::{Node, PASSWORD, make_meeting, sites, ticket};
use crate::wire::Http;
use serde_json::json;
use std::fs;

#[test]
fn no_log_and_no_file_holds_a_secret() {
    let mut node = Node::fresh();
    node.start();
    let first = node.printed_value("one-time password:").unwrap();
    let mut http = node.administrator();
    let room = sites().remove(0);
    let issued = http.post(&format!("/api/v1/units/{room}/site-secret"), &json!({})).expect(201);
    make_meeting(&mut http, "giao-ban", std::slice::from_ref(&room));

    let mut site = Http::new(node.address);
    let secret = issued["secret"].as_str().unwrap();
    let wrong = "DAYLAMATKHAUSAI";
    site.post("/api/v1/session", &json!({ "kind": "site", "code": room, "secret": wrong }))
        .refused(401, "wrongCredential");
    site.post("/api/v1/session", &json!({ "kind": "site", "code": room, "secret": secret })).expect(200);
    let ticket = ticket(&mut site, "giao-ban");
    let mut socket = node.socket();
    let welcome = socket.hello(&ticket);
    let resume = welcome["resumeToken"].as_str().unwrap().to_owned();
    let ice_password = "aBcDeFgHiJkLmNoPqRsTuVwX";
    let offer = format!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-pwd:{ice_password}\r\n");
    let bearer = format!("Bearer {resume}");
    let headers = [("Content-Type", "application/sdp"), ("Authorization", bearer.as_str())];
    let refused = site.send("POST", "/api/v1/rtc", &headers, offer.as_bytes());
    assert_eq!(refused.expect(422)["refusal"], "offerRejected");
    // What is wrong with a message is told without the message.
    let typed = "mat-khau-go-nham-cho-khac";
    site.post("/api/v1/session", &json!({ "kind": "person", "username": typed, "password": [typed] }))
        .refused(400, "malformed");
    site.post("/api/v1/session", &json!({ "kind": "person", "username": typed, "password": typed }))
        .refused(401, "wrongCredential");
    socket
        .send(
            7,
            0,
            &json!({ "type": "hello", "version": signaling_protocol::PROTOCOL_VERSION, "ticket": typed }),
        )
        .unwrap();
    let made = json!({ "username": "can.bo", "name": "Lê Văn C", "unit": room, "grants": [] });
    let second = http.post("/api/v1/accounts", &made).expect(201)["secret"].as_str().unwrap().to_owned();
    let list = http.get("/api/v1/accounts").expect(200);
    let row = list.as_array().unwrap().iter().find(|row| row["username"] == "can.bo").unwrap();
    let path = format!("/api/v1/accounts/{}/password", row["account"].as_str().unwrap());
    let third = http.post(&path, &json!({})).expect(200)["secret"].as_str().unwrap().to_owned();
    socket.send(1, 0, &json!({ "type": "leave" })).unwrap();
    while socket.next().is_some() {}
    let tokens = [http.token().unwrap().to_owned(), site.token().unwrap().to_owned()];
    assert!(node.terminate().success());

    let log = node.log();
    assert!(
        log.contains("\"route\":\"/api/v1/meetings/{meeting}/ticket\""),
        "the log is at debug and tells requests"
    );
    assert!(log.contains("signed in"));
    let [own, others] = [&tokens[0], &tokens[1]];
    let secrets: [&str; 12] = [
        &first,
        PASSWORD,
        secret,
        wrong,
        &ticket,
        &resume,
        ice_password,
        own,
        others,
        typed,
        &second,
        &third,
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
    no_file_holds(&node, &secrets);
}

fn no_file_holds(node: &Node, secrets: &[&str]) {
    for file in fs::read_dir(node.path("data")).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds {secret}", path.display());
        }
    }
}
