//! All data from one kind of database to the other, by the command for it.

use crate::node::{Node, PASSWORD, make_meeting, sites, ticket};
use crate::postgres::{Postgres, new_database};
use serde_json::json;

fn export(node: &Node, meeting: &str) -> String {
    node.command(&["export-facts", meeting])
}

#[test]
fn moving_to_postgres_and_back() {
    let server = Postgres::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(new_database(&server.url()));
    let mut file = Node::fresh_on(None);
    file.start();
    let mut http = file.administrator();
    make_meeting(&mut http, "mot", &sites()[..40]);
    make_meeting(&mut http, "hai", &sites()[..3]);
    let shared = Node::empty(Some(&url));
    let to = shared.path("giaoban.toml");
    let copy = |from: &Node| from.try_command(&["store", "copy", "--to", to.to_str().unwrap()]);
    let (ok, error) = copy(&file);
    assert!(!ok && error.contains("stop the node"), "{error}");
    assert!(file.terminate().success());
    let (ok, told) = copy(&file);
    assert!(ok && told.contains("facts\t") && told.contains("2 meetings, whole"), "{told}");
    assert!(!told.contains(crate::postgres::PASSWORD_IN_URL), "{told}");
    let (ok, error) = copy(&file);
    assert!(!ok && error.contains("is not empty") && error.contains("table settings"), "{error}");
    for meeting in ["mot", "hai"] {
        assert_eq!(export(&shared, meeting), export(&file, meeting));
    }

    // The node goes on there: same password, same seats.
    let mut shared = shared;
    shared.start();
    let mut http = crate::wire::Http::new(shared.address);
    let body = json!({ "kind": "person", "username": "admin", "password": PASSWORD });
    http.post("/api/v1/session", &body).expect(200);
    let mut socket = shared.socket();
    socket.hello(&ticket(&mut http, "mot"));
    socket.send(1, 0, &json!({ "type": "startMeeting" })).unwrap();
    socket.until("reply");
    drop(socket);
    assert!(shared.terminate().success());

    let back = Node::empty(None);
    let to = back.path("back.toml");
    let text = format!("[store]\npath = {:?}\n", back.path("data"));
    std::fs::write(&to, text).unwrap();
    shared.command(&["store", "copy", "--to", to.to_str().unwrap()]);
    assert_eq!(export(&back, "mot"), export(&shared, "mot"));
    assert_ne!(export(&back, "mot"), export(&file, "mot"));
}

#[test]
fn moving_of_changed_facts_is_refused_and_copies_nothing() {
    let server = Postgres::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(new_database(&server.url()));
    let mut file = Node::fresh_on(None);
    file.start();
    make_meeting(&mut file.administrator(), "mot", &sites()[..3]);
    assert!(file.terminate().success());
    file.sql(&[
        "DROP TRIGGER facts_are_not_changed",
        "UPDATE facts SET record = replace(record, '\"at\":', '\"at\":1') WHERE number = 2",
    ]);
    let shared = Node::empty(Some(&url));
    let (ok, error) =
        file.try_command(&["store", "copy", "--to", shared.path("giaoban.toml").to_str().unwrap()]);
    assert!(!ok && error.contains("the facts of meeting mot in"), "{error}");
    assert_eq!(shared.command(&["account", "list"]), "");
}
