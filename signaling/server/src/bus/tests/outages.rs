//! A server that goes away and comes back.

use super::*;

/// How fast something must fail that is known to fail.
const AT_ONCE: Duration = Duration::from_millis(500);

pub(super) async fn everything_fails_at_once_while_the_bus_is_away(mut rig: impl Rig) {
    let one = rig.door("one", "c1").await;
    let mut lease = Lease::take(&one, key("a"), Duration::from_secs(60), "", Expect::Absent).await.unwrap();
    let _subscription = one.subscribe(&all_up("one")).await.unwrap();
    rig.cut().await;
    is_away(&one).await;
    let started = clock_now();
    let away = |error: BusError| assert!(matches!(error, BusError::Away { .. }), "{error}");
    let log = LogName::of_id("m1").unwrap();
    away(one.publish(&up("one"), "x".into()).unwrap_err());
    away(one.subscribe(&all_up("one")).await.unwrap_err());
    away(one.request(&up("one"), "x".into(), PATIENCE).await.unwrap_err());
    away(one.get(Bucket::Leases, &key("a")).await.unwrap_err());
    away(one.put(Bucket::Leases, &key("b"), "x".into(), Expect::Anything).await.unwrap_err());
    away(one.delete(Bucket::Leases, &key("a"), Expect::Anything).await.unwrap_err());
    away(one.append(&log, &token("1"), "x".into(), None).await.unwrap_err());
    away(one.read(&log, Revision::NONE, 1).await.unwrap_err());
    assert!(one.watch(Bucket::Leases).await.is_err());
    assert!(matches!(lease.renew(&one).await, Err(LeaseError::Bus(BusError::Away { .. }))));
    assert!(clock_now() - started < AT_ONCE, "{:?}", clock_now() - started);
    assert_eq!(one.counters().failures("away"), 10);
    let told = one.state().borrow().clone();
    let BusState::Away { since, .. } = told else { panic!("{told:?}") };
    assert!(since <= started);
}

pub(super) async fn all_is_as_before_when_the_bus_is_back(mut rig: impl Rig) {
    let (one, two) = (rig.door("one", "c1").await, rig.door("two", "c1").await);
    let mut subscription = two.subscribe(&all_up("one")).await.unwrap();
    let mut watch = two.watch(Bucket::Directory).await.unwrap();
    let mut lease = Lease::take(&one, key("a"), Duration::from_secs(60), "", Expect::Absent).await.unwrap();
    let log = LogName::of_id("m1").unwrap();
    let first = one.append(&log, &token("1"), "x".into(), None).await.unwrap();
    assert_eq!(watch.next().await, Ok(KeyEvent::Loaded));
    let kept = one.put(Bucket::Directory, &key("n"), "1".into(), Expect::Absent).await.unwrap();
    let event = KeyEvent::Put { key: key("n"), entry: Entry { revision: kept, value: "1".into() } };
    assert_eq!(watch.next().await.unwrap(), event);

    for _ in 0..2 {
        rig.cut().await;
        is_away(&one).await;
        is_away(&two).await;
        rig.mend().await;
        is_connected(&one).await;
        is_connected(&two).await;

        assert_eq!(watch.next().await, Ok(KeyEvent::Restarted));
        assert_eq!(watch.next().await.unwrap(), event);
        assert_eq!(watch.next().await, Ok(KeyEvent::Loaded));
        one.publish(&up("one"), "again".into()).unwrap();
        assert_eq!(text(&subscription.next().await.unwrap().payload), "again");
        lease.renew(&one).await.unwrap();
        assert_eq!(two.read(&log, Revision::NONE, 9).await.unwrap().len(), 1);
        assert_eq!(one.append(&log, &token("1"), "x".into(), None).await.unwrap(), first, "still known");
    }
    let more = one.put(Bucket::Directory, &key("n"), "2".into(), Expect::Last(kept)).await.unwrap();
    let event = KeyEvent::Put { key: key("n"), entry: Entry { revision: more, value: "2".into() } };
    assert_eq!(watch.next().await.unwrap(), event);
}

pub(super) async fn a_question_under_way_fails_when_the_bus_goes(mut rig: impl Rig) {
    let (one, two) = (rig.door("one", "c1").await, rig.door("two", "c1").await);
    let mut questions = two.subscribe(&all_up("one")).await.unwrap();
    let (asking, subject) = (one.clone(), up("one"));
    let asked = tokio::spawn(async move { asking.request(&subject, "?".into(), PATIENCE * 2).await });
    let question = questions.next().await.unwrap();
    let started = clock_now();
    rig.cut().await;
    assert!(matches!(asked.await.unwrap(), Err(BusError::Away { .. })));
    assert!(clock_now() - started < PATIENCE, "long before its own time is over");
    let _ = two.answer(question.reply.unwrap(), "nobody hears it".into());
}
