//! Keys and logs.

use super::*;

const PLACE: Bucket = Bucket::Placement;

pub(super) async fn a_key_is_written_only_as_expected(rig: impl Rig) {
    let (one, two) = (rig.door("one", "c1").await, rig.door("two", "c1").await);
    let key = key("meeting.m1");
    assert_eq!(one.get(PLACE, &key).await, Ok(None));
    assert_eq!(one.put(PLACE, &key, "x".into(), Expect::Last(Revision(1))).await, Err(BusError::Conflict));
    let first = one.put(PLACE, &key, "1".into(), Expect::Absent).await.unwrap();
    assert_eq!(two.get(PLACE, &key).await, Ok(Some(Entry { revision: first, value: "1".into() })));
    assert_eq!(two.put(PLACE, &key, "x".into(), Expect::Absent).await, Err(BusError::Conflict));
    let second = two.put(PLACE, &key, "2".into(), Expect::Last(first)).await.unwrap();
    assert!(second > first);
    assert_eq!(one.put(PLACE, &key, "x".into(), Expect::Last(first)).await, Err(BusError::Conflict));
    let third = one.put(PLACE, &key, "3".into(), Expect::Anything).await.unwrap();
    assert_eq!(one.delete(PLACE, &key, Expect::Last(second)).await, Err(BusError::Conflict));
    let removed = one.delete(PLACE, &key, Expect::Last(third)).await.unwrap();
    assert!(removed > third);
    assert_eq!(two.get(PLACE, &key).await, Ok(None));
    assert_eq!(two.put(PLACE, &key, "x".into(), Expect::Last(third)).await, Err(BusError::Conflict));
    // A key that was removed is absent like one that never was.
    let again = two.put(PLACE, &key, "4".into(), Expect::Absent).await.unwrap();
    assert!(again > removed);
    assert_eq!(one.get(PLACE, &key).await.unwrap().unwrap().value, "4");
    assert_eq!(one.get(Bucket::Directory, &key).await, Ok(None), "another bucket");
    one.delete(PLACE, &super::key("never"), Expect::Absent).await.unwrap();
}

pub(super) async fn of_many_writers_one_wins(rig: impl Rig) {
    let doors = [rig.door("one", "c1").await, rig.door("two", "c1").await, rig.door("three", "c1").await];
    for round in 0..20 {
        let key = key(&format!("k{round}"));
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..9 {
            let (door, key) = (doors[number % 3].clone(), key.clone());
            tasks
                .spawn(async move { door.put(PLACE, &key, number.to_string().into(), Expect::Absent).await });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        assert!(
            results.iter().all(|result| matches!(result, Ok(_) | Err(BusError::Conflict))),
            "{results:?}"
        );
    }
}

async fn put(bus: &Bus, name: &str, value: &str) -> Revision {
    bus.put(PLACE, &key(name), value.to_owned().into(), Expect::Anything).await.unwrap()
}

fn is_put(event: &KeyEvent, name: &str, revision: Revision, value: &str) {
    let entry = Entry { revision, value: value.to_owned().into() };
    assert_eq!(*event, KeyEvent::Put { key: key(name), entry });
}

pub(super) async fn a_watch_tells_what_is_there_and_then_every_change(rig: impl Rig) {
    let (one, two) = (rig.door("one", "c1").await, rig.door("two", "c1").await);
    let mut empty = two.watch(PLACE).await.unwrap();
    assert_eq!(empty.next().await, Ok(KeyEvent::Loaded));
    put(&one, "a", "old").await;
    let a = put(&one, "a", "1").await;
    let b = put(&one, "b", "2").await;
    one.put(Bucket::Directory, &key("elsewhere"), "x".into(), Expect::Anything).await.unwrap();

    let mut watch = two.watch(PLACE).await.unwrap();
    is_put(&watch.next().await.unwrap(), "a", a, "1");
    is_put(&watch.next().await.unwrap(), "b", b, "2");
    assert_eq!(watch.next().await, Ok(KeyEvent::Loaded));

    let b = put(&one, "b", "3").await;
    is_put(&watch.next().await.unwrap(), "b", b, "3");
    let revision = one.delete(PLACE, &key("a"), Expect::Anything).await.unwrap();
    assert_eq!(watch.next().await, Ok(KeyEvent::Deleted { key: key("a"), revision }));
    let a = put(&one, "a", "4").await;
    is_put(&watch.next().await.unwrap(), "a", a, "4");
}

pub(super) async fn a_watch_that_does_not_read_misses_no_last_value(rig: impl Rig) {
    let (one, two) = (rig.door("one", "c1").await, rig.door("two", "c1").await);
    let mut watch = two.watch(PLACE).await.unwrap();
    assert_eq!(watch.next().await, Ok(KeyEvent::Loaded));
    for number in 0..500 {
        put(&one, &format!("k{}", number % 7), &number.to_string()).await;
    }
    let last = put(&one, "last", "").await;
    let mut values = std::collections::BTreeMap::new();
    loop {
        let KeyEvent::Put { key, entry } = watch.next().await.unwrap() else {
            panic!("nothing else happened")
        };
        if entry.revision == last {
            break;
        }
        values.insert(key.as_str().to_owned(), text(&entry.value).to_owned());
    }
    let expected = (493..500).map(|number| (format!("k{}", number % 7), number.to_string())).collect();
    assert_eq!(values, expected);
}

pub(super) async fn clusters_do_not_see_each_other(rig: impl Rig) {
    let (one, two) = (rig.door("one", "c1").await, rig.door("two", "c2").await);
    let mut watch = two.watch(PLACE).await.unwrap();
    put(&one, "a", "1").await;
    let log = LogName::of_id("m1").unwrap();
    one.append(&log, &token("1"), "x".into(), None).await.unwrap();
    assert_eq!(two.get(PLACE, &key("a")).await, Ok(None));
    assert_eq!(two.read(&log, Revision::NONE, 10).await, Ok(Vec::new()));
    assert_eq!(watch.next().await, Ok(KeyEvent::Loaded));
    let own = put(&two, "own", "2").await;
    is_put(&watch.next().await.unwrap(), "own", own, "2");
}

pub(super) async fn a_log_keeps_its_order_and_nothing_twice(rig: impl Rig) {
    let (one, two) = (rig.door("one", "c1").await, rig.door("two", "c1").await);
    let (log, other) = (LogName::of_id("2026.m1").unwrap(), LogName::of_id("m2").unwrap());
    assert_eq!(one.read(&log, Revision::NONE, 10).await, Ok(Vec::new()));
    let mut last = Revision::NONE;
    let mut revisions = Vec::new();
    for number in 0..25 {
        let payload = number.to_string();
        last = one.append(&log, &token(&payload), payload.clone().into(), Some(last)).await.unwrap();
        revisions.push(last);
        two.append(&other, &token(&payload), "other".into(), None).await.unwrap();
    }
    let again = one.append(&log, &token("7"), "7".into(), None).await.unwrap();
    assert_eq!(again, revisions[7], "the same id again");
    let stale = two.append(&log, &token("new"), "new".into(), Some(revisions[3])).await;
    assert_eq!(stale, Err(BusError::Conflict));
    let stale = two.append(&log, &token("new"), "new".into(), Some(Revision::NONE)).await;
    assert_eq!(stale, Err(BusError::Conflict));

    let mut read = Vec::new();
    let mut after = Revision::NONE;
    loop {
        let page = two.read(&log, after, 10).await.unwrap();
        let Some(end) = page.last() else { break };
        assert!(page.len() <= 10);
        after = end.revision;
        read.extend(page);
    }
    let expected: Vec<LogEntry> = revisions
        .iter()
        .enumerate()
        .map(|(number, revision)| LogEntry { revision: *revision, payload: number.to_string().into() })
        .collect();
    assert_eq!(read, expected);
    assert_eq!(two.read(&log, revisions[22], 10).await.unwrap(), expected[23..]);
}
