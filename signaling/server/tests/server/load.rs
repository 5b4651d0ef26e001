//! The load tester against the real binary, by the steps of docs/it-staff.en.md: it shares no code with the node, so
//! what both say of one meeting is two witnesses.

use crate::node::{Node, PASSWORD, make_meeting, root, sites};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// Sites that join; the first of them is invited to speak.
const SITES: usize = 5;

#[test]
fn a_meeting_of_participants_without_browsers_is_held() {
    let mut node = Node::fresh();
    node.start();
    let mut http = node.administrator();
    let sheet = node.path("sites.csv").display().to_string();
    node.command(&["site", "issue", "--all-below", &root(), "--csv", &sheet]);
    make_meeting(&mut http, "giao-ban", &sites()[..SITES]);
    let host = node.path("host.csv");
    std::fs::write(&host, format!("username,password\nadmin,{PASSWORD}\n")).unwrap();

    let output = Command::new(load_tester())
        .args(["join", "--json", "--stage-publishes", "--seconds", "3", "--meeting", "giao-ban"])
        .args(["--server", &format!("http://{}", node.address), "--sites", &SITES.to_string()])
        .args(["--credentials", &sheet, "--host", &host.display().to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = |path: &str| {
        report.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("{path}: {report:#}"))
    };

    let everybody = u64::try_from(SITES).unwrap() + 1;
    assert_eq!((number("/joined"), number("/stayed")), (everybody, everybody), "{report:#}");
    // Everybody but the speaker hears and sees the speaker: 50 packets of sound a second, half of them at least.
    let receivers = everybody - 1;
    assert_eq!(
        (number("/firstAudio/count"), number("/firstVideo/count")),
        (receivers, receivers),
        "{report:#}"
    );
    assert!(number("/audio/packets") >= receivers * 75, "{report:#}");
    assert_eq!(
        (number("/audio/lost"), number("/video/lost")),
        (0, 0),
        "nothing is lost on loopback: {report:#}"
    );

    // The node says the same of itself.
    let metrics = http.get("/metrics").body;
    let metric = |name: &str| {
        let values = metrics.lines().filter_map(|line| line.strip_prefix(name)?.rsplit(' ').next());
        values.map(|value| value.parse::<f64>().unwrap()).sum::<f64>()
    };
    let forwarded = metric("giaoban_sfu_media_forwarded_total");
    let received = number("/audio/packets") + number("/video/packets");
    #[expect(clippy::cast_precision_loss, reason = "a few thousand packets")]
    let heard = received as f64;
    assert!(forwarded >= heard, "{forwarded} forwarded, {heard} received");
    assert!(node.terminate().success());
}

/// The load tester of this checkout, beside the node's binary. A run of all tests has built it, as it has tests of its own.
fn load_tester() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_BIN_EXE_giaoban")).with_file_name("giaoban-loadtest");
    assert!(path.exists(), "{} is missing; type: cargo build -p loadtest", path.display());
    path
}
