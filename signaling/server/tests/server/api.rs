//! The HTTP door of a real node: signing in, scope, bad input, health.

use crate::node::{Node, PASSWORD, STOP, make_meeting, now, pause, root, sites, ticket};
use crate::wire::Http;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

fn person(username: &str, password: &str) -> serde_json::Value {
    json!({ "kind": "person", "username": username, "password": password })
}

#[test]
fn the_first_administrator_changes_the_password_before_anything_else() {
    let mut node = Node::fresh();
    node.start();
    let first = node.printed_value("one-time password:").unwrap();
    let mut http = Http::new(node.address);
    http.get("/api/v1/session").refused(401, "signedOut");
    http.post("/api/v1/session", &person("admin", "wrong")).refused(401, "wrongCredential");
    let session = http.post("/api/v1/session", &person("admin", &first)).expect(200);
    assert_eq!(session["mustChangePassword"], true);
    for path in ["/api/v1/units", "/api/v1/meetings", "/api/v1/accounts", "/api/v1/sites", "/api/v1/nodes"] {
        http.get(path).refused(403, "passwordChangeRequired");
    }
    let change = |new: &str| json!({ "current": first, "new": new });
    http.post("/api/v1/session/password", &change("ngắn")).refused(422, "weakPassword");
    http.post("/api/v1/session/password", &change("Matkhau123456")).refused(422, "weakPassword");
    assert_eq!(
        http.post("/api/v1/session/password", &change(PASSWORD)).expect(200)["mustChangePassword"],
        false
    );
    http.get("/api/v1/units").expect(200);

    // The session is in the store, the password printed once.
    node.kill();
    node.start();
    assert_eq!(node.printed_value("one-time password:"), None);
    let mut again = http.moved(node.address);
    again.get("/api/v1/session").expect(200);
    again.send("DELETE", "/api/v1/session", &[], b"").expect(204);
    http.moved(node.address).get("/api/v1/session").refused(401, "signedOut");
}

#[test]
fn a_locked_name_says_when_to_try_again_whether_it_exists_or_not() {
    let mut node = Node::fresh();
    node.start();
    let mut http = Http::new(node.address);
    for name in ["admin", "nobody"] {
        for _ in 0..5 {
            http.post("/api/v1/session", &person(name, "wrong")).refused(401, "wrongCredential");
        }
        let reply = http.post("/api/v1/session", &person(name, "wrong"));
        reply.refused(429, "lockedOut");
        let seconds: u32 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((25..=30).contains(&seconds), "{seconds}");
    }
    let site = json!({ "kind": "site", "code": "no-such-site", "secret": "x" });
    http.post("/api/v1/session", &site).refused(401, "wrongCredential");
}

#[test]
fn an_administrator_rules_the_own_part_of_the_tree_only() {
    let mut node = Node::fresh();
    node.start();
    let mut http = node.administrator();
    let sites = sites();
    let (own, other) = (&sites[0], &sites[1]);
    let grants = json!([{ "role": "administrator", "unit": own }]);
    let body = json!({ "username": "ql.xa", "name": "Trần Thị B", "unit": own, "grants": grants });
    let issued = http.post("/api/v1/accounts", &body).expect(201);
    http.post("/api/v1/accounts", &body).refused(409, "nameTaken");

    let mut local = Http::new(node.address);
    let first = issued["secret"].as_str().unwrap();
    local.post("/api/v1/session", &person("ql.xa", first)).expect(200);
    local.post("/api/v1/session/password", &json!({ "current": first, "new": PASSWORD })).expect(200);
    let account =
        |unit: &str, name: &str| json!({ "username": name, "name": "C", "unit": unit, "grants": [] });
    local.post("/api/v1/accounts", &account(own, "cb.xa")).expect(201);
    local.post("/api/v1/accounts", &account(other, "cb.khac")).refused(403, "outsideScope");
    local.post("/api/v1/accounts", &account("no-such-unit", "cb.khong")).refused(404, "noSuchUnit");
    let above = json!([{ "role": "administrator", "unit": root() }]);
    let climb = json!({ "username": "cb.cao", "name": "D", "unit": own, "grants": above });
    local.post("/api/v1/accounts", &climb).refused(403, "outsideScope");

    let secret = |unit: &str| format!("/api/v1/units/{unit}/site-secret");
    let issued = local.post(&secret(own), &json!({})).expect(201);
    assert!(issued["link"].as_str().unwrap().contains("/#site="));
    assert!(issued["qr"].as_str().unwrap().contains("<svg"));
    local.post(&secret(other), &json!({})).refused(403, "outsideScope");
    http.post(&secret(other), &json!({})).expect(201);
    assert_eq!(local.get("/api/v1/sites").expect(200).as_array().unwrap().len(), 1);
    assert_eq!(http.get("/api/v1/sites").expect(200).as_array().unwrap().len(), 2);
    let names = |http: &Http| http.get("/api/v1/accounts").expect(200).as_array().unwrap().len();
    assert_eq!((names(&local), names(&http)), (2, 3));

    // A site signs in with the secret and administers nothing.
    let mut room = Http::new(node.address);
    let body = json!({ "kind": "site", "code": own, "secret": issued["secret"] });
    assert_eq!(room.post("/api/v1/session", &body).expect(200)["kind"], "site");
    room.get("/api/v1/accounts").refused(403, "notAllowed");
    room.post(&secret(own), &json!({})).refused(403, "notAllowed");
    local.send("DELETE", &secret(own), &[], b"").expect(204);
    room.get("/api/v1/session").refused(401, "signedOut");
    room.post("/api/v1/session", &body).refused(401, "wrongCredential");

    // One node serves everybody, so who looks after a part of the tree does not see it.
    let map = http.get("/api/v1/nodes").expect(200);
    assert_eq!((&map["nodes"][0]["state"]["state"], &map["here"]), (&json!("top"), &map["nodes"][0]["name"]));
    local.get("/api/v1/nodes").refused(403, "outsideScope");
    Http::new(node.address).get("/api/v1/nodes").refused(401, "signedOut");

    // Whoever may do more is not taken over by a reset password.
    let list = http.get("/api/v1/accounts").expect(200);
    let admin = list.as_array().unwrap().iter().find(|row| row["username"] == "admin").unwrap();
    let path = format!("/api/v1/accounts/{}/password", admin["account"].as_str().unwrap());
    local.post(&path, &json!({})).refused(403, "outsideScope");
}

#[test]
fn an_account_is_disabled_and_enabled_from_above_and_never_by_itself() {
    let mut node = Node::fresh();
    node.start();
    let mut http = node.administrator();
    let room = sites().remove(0);
    let mut come = |name: &str, role: &str, unit: &str| {
        let grants = json!([{ "role": role, "unit": unit }]);
        let body = json!({ "username": name, "name": "Lê Văn C", "unit": unit, "grants": grants });
        let first = http.post("/api/v1/accounts", &body).expect(201)["secret"].clone();
        let mut own = Http::new(node.address);
        own.post("/api/v1/session", &person(name, first.as_str().unwrap())).expect(200);
        own.post("/api/v1/session/password", &json!({ "current": first, "new": PASSWORD })).expect(200);
        own
    };
    let mut local = come("ql.xa", "administrator", &room);
    let mut convener = come("trieu.tap", "convener", &root());
    let clerk = come("cb.xa", "delegate", &room);
    let state_of = |http: &Http, name: &str| {
        let list = http.get("/api/v1/accounts").expect(200);
        let row = list.as_array().unwrap().iter().find(|row| row["username"] == name)?;
        Some((row["account"].as_str().unwrap().to_owned(), row["state"].as_str().unwrap().to_owned()))
    };
    let set = |http: &mut Http, account: &str, state: &str| {
        let path = format!("/api/v1/accounts/{account}/state");
        let body = json!({ "state": state }).to_string();
        http.send("PUT", &path, &[("Content-Type", "application/json")], body.as_bytes())
    };
    let (account, before) = state_of(&local, "cb.xa").unwrap();
    assert_eq!(before, "active");
    assert_eq!(state_of(&convener, "cb.xa"), Some((account.clone(), before)));

    set(&mut convener, &account, "disabled").refused(403, "notAllowed");
    set(&mut local, "no-such-account", "disabled").refused(404, "noSuchAccount");
    set(&mut local, &account, "asleep").refused(400, "malformed");
    for _twice in 0..2 {
        assert_eq!(set(&mut local, &account, "disabled").expect(200)["state"], "disabled");
    }
    clerk.get("/api/v1/session").refused(401, "signedOut");
    let mut again = Http::new(node.address);
    again.post("/api/v1/session", &person("cb.xa", PASSWORD)).refused(401, "wrongCredential");
    assert_eq!(state_of(&http, "cb.xa"), Some((account.clone(), "disabled".to_owned())));
    assert_eq!(state_of(&convener, "cb.xa"), None, "who cannot sign in is not named for a meeting");
    for _twice in 0..2 {
        assert_eq!(set(&mut local, &account, "active").expect(200)["state"], "active");
    }
    again.post("/api/v1/session", &person("cb.xa", PASSWORD)).expect(200);

    // Not oneself, and nobody from beside or below.
    let (admin, _) = state_of(&http, "admin").unwrap();
    let (own, _) = state_of(&http, "ql.xa").unwrap();
    set(&mut http, &admin, "disabled").refused(403, "notAllowed");
    set(&mut local, &own, "disabled").refused(403, "notAllowed");
    set(&mut local, &admin, "disabled").refused(403, "outsideScope");
    assert_eq!(set(&mut http, &own, "disabled").expect(200)["state"], "disabled");
}

#[test]
fn bad_requests_are_refused_with_a_reason() {
    let mut node = Node::fresh();
    node.start();
    let mut http = node.administrator();
    let json_type = [("Content-Type", "application/json")];
    http.send("POST", "/api/v1/meetings", &json_type, &vec![b' '; 1_200_000]).refused(413, "tooLarge");
    http.send("POST", "/api/v1/meetings", &json_type, b"{").refused(400, "malformed");
    http.send("POST", "/api/v1/meetings", &[], b"{}").refused(415, "malformed");
    http.send(
        "POST",
        "/api/v1/session",
        &json_type,
        br#"{"kind":"person","username":"a","password":"b","c":1}"#,
    )
    .refused(400, "malformed");
    http.get("/api/v1/units?serach=tan").refused(400, "malformed");
    http.get("/api/v1/nothing").refused(404, "malformed");
    http.get("/api/elsewhere").refused(404, "malformed");
    http.send("PATCH", "/api/v1/session", &[], b"").refused(405, "malformed");
    let crowd: Vec<String> = (0..1_001).map(|number| format!("x{number}")).collect();
    let meeting = json!({
        "meeting": "dong", "title": "Đông", "kind": "briefing", "conveningUnit": root(), "starts": 1_795_400_000,
        "sites": crowd, "staff": [], "noStateSecrets": true,
    });
    http.post("/api/v1/meetings", &meeting).refused(503, "full");
    http.post("/api/v1/meetings/no-such/ticket", &json!({})).refused(404, "noSuchMeeting");
    let sdp = [("Content-Type", "application/sdp")];
    http.send("POST", "/api/v1/rtc", &sdp, b"v=0").refused(401, "ticketInvalid");
    let bearer = [("Content-Type", "application/sdp"), ("Authorization", "Bearer made-up")];
    http.send("POST", "/api/v1/rtc", &bearer, b"v=0").refused(401, "ticketInvalid");
    http.send("POST", "/api/v1/rtc", &bearer, &vec![b'v'; 300_000]).refused(413, "tooLarge");

    let foreign = [("Content-Type", "application/json"), ("Origin", "https://elsewhere.example")];
    http.send("POST", "/api/v1/accounts", &foreign, b"{}").refused(403, "notAllowed");
    let embedded = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "cross-site")];
    http.send("POST", "/api/v1/accounts", &embedded, b"{}").refused(403, "notAllowed");
    let upgrade = [
        ("Origin", "https://elsewhere.example"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    http.send("GET", "/api/v1/ws", &upgrade, b"").refused(403, "notAllowed");
}

#[test]
fn every_answer_has_the_security_headers_and_health_is_told() {
    let mut node = Node::fresh();
    node.start();
    let http = Http::new(node.address);
    for path in ["/", "/api/v1/session", "/healthz"] {
        let reply = http.get(path);
        let policy = reply.header("content-security-policy").unwrap();
        assert!(
            policy.contains("require-trusted-types-for 'script'") && policy.contains("default-src 'none'")
        );
        assert!(policy.contains(&format!("ws://{}", node.address)), "{policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert!(reply.header("permissions-policy").unwrap().contains("camera=(self)"));
        assert_eq!(reply.header("strict-transport-security"), None, "not with a self-made certificate");
    }
    assert_eq!(http.get("/healthz").body, "ok\n");
    assert_eq!(http.get("/readyz").body, "ready\n");
    let metrics = http.get("/metrics").body;
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let family = name.trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count");
        let described = |what: &str| {
            metrics.contains(&format!("# {what} {name} ")) || metrics.contains(&format!("# {what} {family} "))
        };
        assert!(described("HELP") && described("TYPE"), "{line}");
        let value = line.rsplit(' ').next().unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn a_clean_stop_tells_everybody_to_come_back() {
    let mut node = Node::fresh();
    node.start();
    let mut http = node.administrator();
    make_meeting(&mut http, "giao-ban", &sites()[..3]);
    let mut socket = node.socket();
    socket.hello(&ticket(&mut http, "giao-ban"));
    // One that has not said hello must not hold the node up.
    let mut silent = node.socket();
    assert!(node.terminate().success());
    let bye = socket.until("bye");
    assert_eq!(bye["reason"], "restarting");
    assert!(bye["retryAfterMs"].is_u64());
    while silent.next().is_some() {}
}

#[test]
fn a_node_that_is_stopping_is_not_ready_and_waits_for_nobody_who_does_not_listen() {
    let mut node = Node::fresh();
    node.start();
    let mut http = node.administrator();
    make_meeting(&mut http, "giao-ban", &sites()[..3]);
    let mut deaf = node.socket();
    deaf.hello(&ticket(&mut http, "giao-ban"));
    let begun = now();
    node.ask_to_stop();
    // The one that does not answer its goodbye holds the door open for a moment; what is asked meanwhile is told.
    let told = loop {
        let reply = http.get("/readyz");
        match reply.status {
            200 => pause(),
            503 => break reply.body,
            other => panic!("{other}: gone before it said that it stops"),
        }
    };
    assert!(told.contains("stopping"), "{told}");
    http.post("/api/v1/meetings/giao-ban/ticket", &json!({})).refused(503, "internal");
    assert!(node.wait_for_death().success());
    assert!(now() - begun < STOP);
}

#[test]
fn frames_that_break_the_wire_end_their_connection_only() {
    let mut node = Node::fresh();
    node.start();
    let mut http = node.administrator();
    make_meeting(&mut http, "giao-ban", &sites()[..3]);
    let mut good = node.socket();
    good.hello(&ticket(&mut http, "giao-ban"));

    let mut oversize = node.socket();
    oversize.send_raw(Message::text("x".repeat(70_000)));
    assert_eq!(oversize.until("bye")["reason"], "misbehaved");
    let mut binary = node.socket();
    binary.send_raw(Message::binary(vec![1, 2, 3]));
    assert_eq!(binary.until("bye")["reason"], "misbehaved");
    let broken: [(&str, &[u8]); 5] = [
        ("not masked", &[0x81, 2, b'{', b'}']),
        ("a reserved kind", &[0x85, 0x80, 1, 2, 3, 4]),
        ("reserved bits", &[0xf1, 0x80, 1, 2, 3, 4]),
        ("the rest of nothing", &[0x80, 0x80, 1, 2, 3, 4]),
        ("longer than memory", &[0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4]),
    ];
    for (what, bytes) in broken {
        let mut socket = node.socket();
        socket.send_bytes(bytes);
        assert_eq!(socket.until("bye")["reason"], "misbehaved", "{what}");
        assert!(socket.next().is_none(), "{what}");
    }
    // A line that breaks is not counted: that is weather.
    drop(node.socket());

    good.send(1, 0, &json!({ "type": "ping" })).unwrap();
    good.until("pong");
    let metrics = http.get("/metrics").body;
    assert!(metrics.contains("giaoban_frames_refused_total 7"), "{metrics}");
}

#[test]
fn commands_say_what_to_do() {
    let node = Node::fresh();
    let refused = |words: &[&str], expected: &str| {
        let (ok, text) = node.try_command(words);
        assert!(!ok && text.contains(expected), "{words:?}: {text}");
    };
    refused(&["account", "create", "van.a", "--name", "A", "--unit", "nowhere"], "there is no unit nowhere");
    refused(&["account", "reset-password", "van.a"], "account list");
    refused(&["site", "issue", "nowhere"], "there is no unit nowhere");
    let site = sites().remove(0);
    refused(&["site", "revoke", &site], "has no secret");
    let made = node.command(&["account", "create", "van.a", "--name", "Nguyễn Văn A", "--unit", &site]);
    assert!(made.contains("one-time password:"));
    refused(
        &["account", "create", "van.a", "--name", "A", "--unit", &site],
        "there is an account van.a already",
    );
    node.command(&["grant", "van.a", "convener", &site]);
    assert!(node.command(&["account", "list"]).contains(&format!("convener@{site}")));
    node.command(&["grant", "van.a", "convener", &site, "--remove"]);
    assert!(!node.command(&["account", "list"]).contains("convener@"));

    let sheet = node.path("sheet.csv");
    let sheet = sheet.to_str().unwrap();
    node.command(&["site", "issue", "--all-below", &root(), "--csv", sheet]);
    assert_eq!(std::fs::read_to_string(sheet).unwrap().lines().count(), sites().len() + 1);
    refused(&["site", "issue", "--all-below", &root(), "--csv", sheet], "existing file");
    assert_eq!(node.command(&["site", "list"]).lines().count(), sites().len());
}
