//! Messages and questions.

use super::super::message::QUEUE_MAX;
use super::*;

async fn hears(subscription: &mut Subscription, subject: &Subject, words: &str) {
    let message = subscription.next().await.unwrap();
    assert_eq!((&message.subject, text(&message.payload)), (subject, words));
    assert!(message.reply.is_none());
}

pub(super) async fn a_message_reaches_who_subscribes_in_order_and_nobody_else(rig: impl Rig) {
    let (parent, child) = (rig.door("parent", "c1").await, rig.door("child", "c2").await);
    let mut all = parent.subscribe(&all_up("child")).await.unwrap();
    let mut exactly = parent.subscribe(&Pattern::Exactly(up("child"))).await.unwrap();
    let mut below = parent.subscribe(&Pattern::Below(up("child"))).await.unwrap();
    let mut other = parent.subscribe(&all_up("other")).await.unwrap();

    for number in 0..100 {
        child.publish(&up("child").with(token("m1")), format!("m1 {number}").into()).unwrap();
        child.publish(&up("child"), format!("plain {number}").into()).unwrap();
    }
    child.publish(&up("other"), "last".into()).unwrap();

    for number in 0..100 {
        hears(&mut all, &up("child").with(token("m1")), &format!("m1 {number}")).await;
        hears(&mut all, &up("child"), &format!("plain {number}")).await;
        hears(&mut exactly, &up("child"), &format!("plain {number}")).await;
        hears(&mut below, &up("child").with(token("m1")), &format!("m1 {number}")).await;
    }
    // The one for somebody else came last; whatever would have come to the wrong one would have come before it.
    assert_eq!(text(&other.next().await.unwrap().payload), "last");
    assert_eq!(child.counters().published.value(), 201);
    assert_eq!(parent.counters().received.value(), 401);
    assert_eq!(parent.counters().dropped.value(), 0);
}

pub(super) async fn a_full_subscription_drops_the_newest_and_counts_it(rig: impl Rig) {
    let (parent, child) = (rig.door("parent", "c1").await, rig.door("child", "c2").await);
    let mut slow = parent.subscribe(&all_up("child")).await.unwrap();
    let mut sent = 0;
    // A door that has too much to send says so; then it is sent again.
    eventually("all is sent", async || {
        while sent < QUEUE_MAX + 50 && child.publish(&up("child"), sent.to_string().into()).is_ok() {
            sent += 1;
        }
        sent == QUEUE_MAX + 50
    })
    .await;
    eventually("50 are dropped", async || slow.dropped() == 50).await;
    for number in 0..QUEUE_MAX {
        assert_eq!(text(&slow.next().await.unwrap().payload), number.to_string());
    }
    assert_eq!(parent.counters().dropped.value(), 50);
    child.publish(&up("child"), "after".into()).unwrap();
    assert_eq!(text(&slow.next().await.unwrap().payload), "after");
}

pub(super) async fn a_question_is_answered_or_fails_with_its_cause(rig: impl Rig) {
    let (parent, child) = (rig.door("parent", "c1").await, rig.door("child", "c2").await);
    let subject = Subject::new(Scope::Up(node("child")), QUESTION);
    let none = child.request(&subject, "?".into(), PATIENCE).await.unwrap_err();
    assert_eq!(none, BusError::NobodyAnswers { subject: subject.to_string() });

    let mut questions = parent.subscribe(&Pattern::Exactly(subject.clone())).await.unwrap();
    let answering = async {
        let question = questions.next().await.unwrap();
        assert_eq!(text(&question.payload), "who?");
        parent.answer(question.reply.unwrap(), "me".into()).unwrap();
    };
    let (answer, ()) = tokio::join!(child.request(&subject, "who?".into(), PATIENCE), answering);
    assert_eq!(text(&answer.unwrap()), "me");

    let late = child.request(&subject, "still?".into(), Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(late, BusError::Timeout);
    let question = questions.next().await.unwrap();
    parent.answer(question.reply.unwrap(), "too late".into()).unwrap();
    assert_eq!(child.counters().failures("timeout"), 1);
    assert_eq!(child.counters().failures("nobody_answers"), 1);
    assert_eq!(child.counters().requests.value(), 3);
}

pub(super) async fn the_first_of_several_answers_counts(rig: impl Rig) {
    let (one, two, child) =
        (rig.door("one", "c1").await, rig.door("two", "c1").await, rig.door("child", "c2").await);
    let subject = Subject::new(Scope::Up(node("child")), QUESTION);
    let mut first = one.subscribe(&Pattern::Exactly(subject.clone())).await.unwrap();
    let mut second = two.subscribe(&Pattern::Exactly(subject.clone())).await.unwrap();
    let answering = async {
        let (question, again) = (first.next().await.unwrap(), second.next().await.unwrap());
        one.answer(question.reply.unwrap(), "one".into()).unwrap();
        again
    };
    let (answer, again) = tokio::join!(child.request(&subject, "?".into(), PATIENCE), answering);
    assert_eq!(text(&answer.unwrap()), "one");
    two.answer(again.reply.unwrap(), "two".into()).unwrap();
}

pub(super) async fn what_is_too_large_is_refused_at_once(rig: impl Rig) {
    let (parent, child) = (rig.door("parent", "c1").await, rig.door("child", "c1").await);
    let mut all = parent.subscribe(&all_up("child")).await.unwrap();
    let large = Bytes::from(vec![7; PAYLOAD_MAX_BYTES + 1]);
    let error = BusError::TooLarge { bytes: PAYLOAD_MAX_BYTES + 1 };
    assert_eq!(child.publish(&up("child"), large.clone()), Err(error.clone()));
    assert_eq!(child.request(&up("child"), large.clone(), PATIENCE).await, Err(error.clone()));
    assert_eq!(
        child.put(Bucket::Directory, &key("a"), large.clone(), Expect::Anything).await,
        Err(error.clone())
    );
    let log = LogName::of_id("m1").unwrap();
    assert_eq!(child.append(&log, &token("1"), large.clone(), None).await, Err(error));

    let largest = large.slice(1..);
    child.publish(&up("child"), largest.clone()).unwrap();
    assert_eq!(all.next().await.unwrap().payload, largest);
    child.put(Bucket::Directory, &key("a"), largest.clone(), Expect::Absent).await.unwrap();
    assert_eq!(parent.get(Bucket::Directory, &key("a")).await.unwrap().unwrap().value, largest);
}

pub(super) async fn a_subscription_that_is_dropped_receives_nothing(rig: impl Rig) {
    let (parent, child) = (rig.door("parent", "c1").await, rig.door("child", "c2").await);
    let subject = Subject::new(Scope::Up(node("child")), QUESTION);
    drop(parent.subscribe(&Pattern::Exactly(subject.clone())).await.unwrap());
    eventually("nobody subscribes any more", async || {
        let answer = child.request(&subject, "?".into(), Duration::from_millis(20)).await;
        matches!(answer, Err(BusError::NobodyAnswers { .. }))
    })
    .await;
}
