//! Leases over real keys and real time; the table by itself in virtual time.

use super::*;
use std::collections::VecDeque;

const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(60);

async fn take(bus: &Bus, name: &str, ttl: Duration, seen: Expect) -> Result<Lease, LeaseError> {
    Lease::take(bus, key(name), ttl, "", seen).await
}

async fn loaded(bus: &Bus) -> LeaseDesk {
    let mut desk = LeaseDesk::open(bus).await.unwrap();
    assert_eq!(desk.next().await, Ok(LeaseEvent::Loaded));
    desk
}

async fn held(desk: &mut LeaseDesk, name: &str, by: &str) -> LeaseRecord {
    let event = desk.next().await.unwrap();
    let LeaseEvent::Held { key, record } = event else { panic!("{event:?}") };
    assert_eq!((key.as_str(), record.holder.as_str()), (name, by));
    record
}

pub(super) async fn a_lease_is_held_by_one_and_freed_at_once(rig: impl Rig) {
    let (one, two) = (rig.door("one", "c1").await, rig.door("two", "c1").await);
    let mut desk = loaded(&two).await;
    let mut lease = take(&one, "meeting.m1", LONG, Expect::Absent).await.unwrap();
    assert_eq!(take(&two, "meeting.m1", LONG, Expect::Absent).await.unwrap_err(), LeaseError::Held);
    held(&mut desk, "meeting.m1", "one").await;
    let until = lease.until();
    lease.renew(&one).await.unwrap();
    assert!(lease.until() > until);
    lease.say("new address");
    lease.renew(&one).await.unwrap();
    // The plain renewal was not told.
    assert_eq!(held(&mut desk, "meeting.m1", "one").await.data, "new address");
    assert_eq!(desk.table().holder(&key("meeting.m1")).unwrap().holder, node("one"));

    lease.release(&one).await.unwrap();
    assert_eq!(desk.next().await, Ok(LeaseEvent::Freed { key: key("meeting.m1") }));
    assert!(desk.table().holder(&key("meeting.m1")).is_none());
    take(&two, "meeting.m1", LONG, Expect::Absent).await.unwrap();
    held(&mut desk, "meeting.m1", "two").await;
}

pub(super) async fn a_lease_that_is_not_renewed_lapses_and_one_takes_it_over(rig: impl Rig) {
    let doors = [rig.door("one", "c1").await, rig.door("two", "c1").await, rig.door("three", "c1").await];
    let mut lease = take(&doors[0], "meeting.m1", SHORT, Expect::Absent).await.unwrap();
    let mut others = Vec::new();
    for door in &doors[1..] {
        let mut desk = LeaseDesk::open(door).await.unwrap();
        held(&mut desk, "meeting.m1", "one").await;
        assert_eq!(desk.next().await, Ok(LeaseEvent::Loaded));
        let LeaseEvent::Lapsed { record, revision, .. } = desk.next().await.unwrap() else {
            panic!("not lapsed")
        };
        assert_eq!(record.holder, node("one"));
        assert!(clock_now() >= lease.until(), "nobody is told before the holder knows");
        others.push((door, desk, revision));
    }
    let (two, three) = (&others[0], &others[1]);
    let (a, b) = tokio::join!(
        take(two.0, "meeting.m1", LONG, Expect::Last(two.2)),
        take(three.0, "meeting.m1", LONG, Expect::Last(three.2))
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    assert_eq!(lease.renew(&doors[0]).await, Err(LeaseError::Held), "the old holder hears of it");
    assert!(lease.release(&doors[0]).await.is_err(), "and cannot give up what it does not hold");
    let winner = if a.is_ok() { "two" } else { "three" };
    for (_, mut desk, _) in others {
        held(&mut desk, "meeting.m1", winner).await;
    }
}

pub(super) async fn a_renewal_whose_answer_was_lost_is_not_a_loss(rig: impl Rig) {
    let one = rig.door("one", "c1").await;
    let mut lease = take(&one, "a", LONG, Expect::Absent).await.unwrap();
    // What an unheard renewal leaves behind: the same record under a later revision.
    let value = one.get(Bucket::Leases, &key("a")).await.unwrap().unwrap().value;
    one.put(Bucket::Leases, &key("a"), value, Expect::Anything).await.unwrap();
    lease.renew(&one).await.unwrap();
    lease.release(&one).await.unwrap();
    assert_eq!(one.get(Bucket::Leases, &key("a")).await, Ok(None));

    // The same node taking it twice holds it once.
    let mut first = take(&one, "b", LONG, Expect::Absent).await.unwrap();
    one.delete(Bucket::Leases, &key("b"), Expect::Anything).await.unwrap();
    let mut second = take(&one, "b", LONG, Expect::Absent).await.unwrap();
    assert_eq!(first.renew(&one).await, Err(LeaseError::Held));
    second.renew(&one).await.unwrap();
}

/// A lease as it is written.
async fn written(rig: &InProcess, by: &str, ttl: Duration) -> Entry {
    let identity = Identity { node: node(by), cluster: ClusterName::parse("c1").unwrap() };
    let bus = Bus::in_process(rig, identity);
    Lease::take(&bus, key("a"), ttl, "", Expect::Anything).await.unwrap();
    bus.get(Bucket::Leases, &key("a")).await.unwrap().unwrap()
}

fn put(entry: &Entry) -> KeyEvent {
    KeyEvent::Put { key: key("a"), entry: entry.clone() }
}

#[tokio::test]
async fn silence_means_nothing_while_the_bus_is_away() {
    let entry = written(&InProcess::new(), "one", Duration::from_secs(8)).await;
    let start = clock_now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let (mut table, mut out) = (LeaseTable::default(), VecDeque::new());
    table.on_event(at(0), put(&entry), &mut out);
    assert_eq!(table.next_timeout(), None, "before all is loaded nothing lapses");
    table.on_event(at(0), KeyEvent::Loaded, &mut out);
    assert_eq!(table.next_timeout(), Some(at(9)), "the time to live and an eighth");
    out.clear();

    table.on_timeout(at(8), &mut out);
    assert!(out.is_empty());
    table.on_away();
    table.on_timeout(at(100), &mut out);
    assert!(out.is_empty());
    assert_eq!(table.next_timeout(), None);

    table.on_event(at(100), KeyEvent::Restarted, &mut out);
    table.on_event(at(100), put(&entry), &mut out);
    table.on_event(at(100), KeyEvent::Loaded, &mut out);
    assert_eq!(out, [LeaseEvent::Loaded], "still held");
    assert_eq!(table.next_timeout(), Some(at(109)), "it has all its time again");
    table.on_timeout(at(109), &mut out);
    assert!(matches!(out.back(), Some(LeaseEvent::Lapsed { revision, .. }) if *revision == entry.revision));
    assert_eq!(table.next_timeout(), None, "it is told once");
    assert!(table.holder(&key("a")).is_none());
    // Its holder was only slow: it holds it again.
    out.clear();
    table.on_event(at(110), put(&entry), &mut out);
    assert!(matches!(out.pop_front(), Some(LeaseEvent::Held { .. })));
}

#[tokio::test]
async fn what_was_given_up_during_an_outage_is_told_after_it() {
    let entry = written(&InProcess::new(), "one", LONG).await;
    let now = clock_now();
    let (mut table, mut out) = (LeaseTable::default(), VecDeque::new());
    table.on_event(now, put(&entry), &mut out);
    table.on_event(now, KeyEvent::Loaded, &mut out);
    out.clear();
    table.on_event(now, KeyEvent::Restarted, &mut out);
    assert!(table.holder(&key("a")).is_some(), "known until something else is");
    table.on_event(now, KeyEvent::Loaded, &mut out);
    assert_eq!(out, [LeaseEvent::Freed { key: key("a") }, LeaseEvent::Loaded]);
}

#[test]
fn a_lease_that_is_no_lease_is_left_alone() {
    let (mut table, mut out) = (LeaseTable::default(), VecDeque::new());
    for text in [
        "",
        "{}",
        "[1]",
        r#"{"holder":"a.b","ttlMs":1,"claim":"x"}"#,
        r#"{"holder":"a","ttlMs":-1,"claim":""}"#,
    ] {
        let entry = Entry { revision: Revision(1), value: text.into() };
        table.on_event(clock_now(), put(&entry), &mut out);
    }
    assert!(out.is_empty(), "{out:?}");
}
