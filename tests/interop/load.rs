//! The load tester through the door: its figures are checked against what is known to have happened.

use crate::interop::door::Door;
use loadtest::{Join, Report, run};
use std::path::PathBuf;

/// How many sites the tests let in.
const SITES: u64 = 5;

async fn join(name: &str, stage_publishes: bool) -> (Report, Door) {
    let door = Door::open().await;
    let credentials: PathBuf = [env!("CARGO_TARGET_TMPDIR"), name].iter().collect();
    let rows: String = (1..=SITES).map(|site| format!("{site},secret\n")).collect();
    std::fs::write(&credentials, format!("code,secret\n{rows}")).unwrap();
    let join = Join {
        server: format!("http://{}", door.address),
        meeting: "meeting".to_owned(),
        sites: usize::try_from(SITES).unwrap(),
        credentials,
        host: None,
        seconds: 3,
        stage_publishes,
        json: false,
    };
    (run(&join).await.unwrap(), door)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_receives_the_site_on_the_stage() {
    let (report, door) = join("stage.csv", true).await;
    assert!(report.everybody_joined(), "{report:#?}");
    assert_eq!(report.failures.len(), 0, "{report:#?}");
    // The one on the stage does not receive itself.
    let receivers = SITES - 1;
    for quantiles in [report.first_audio.unwrap(), report.first_video.unwrap()] {
        assert_eq!(u64::try_from(quantiles.count).unwrap(), receivers, "{report:#?}");
    }
    // Three seconds of 50 packets of sound and 25 pictures, at least half of them after everybody was in.
    assert!(report.audio.packets >= receivers * 75, "{report:#?}");
    assert!(report.video.packets >= receivers * 38, "{report:#?}");
    assert_eq!((report.audio.lost, report.video.lost), (0, 0), "nothing is lost on loopback: {report:#?}");

    let engine = door.metrics().workers[0].engine;
    assert!(report.sent_packets >= engine.media_in, "{report:#?} {engine:#?}");
    assert!(report.audio.packets + report.video.packets <= engine.media_forwarded, "{report:#?} {engine:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_receives_what_nobody_sends() {
    let (report, door) = join("silence.csv", false).await;
    assert!(report.everybody_joined(), "{report:#?}");
    assert_eq!((report.audio.packets, report.video.packets, report.sent_packets), (0, 0, 0));
    assert_eq!((report.first_audio, report.first_video), (None, None));
    assert_eq!(door.metrics().workers[0].engine.media_in, 0);
}
