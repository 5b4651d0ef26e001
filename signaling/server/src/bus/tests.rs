//! One suite over every kind of bus.

mod in_process;
mod leases;
mod nats;
mod nats_server;
mod outages;
mod permissions;
mod storage;
mod talk;

use super::*;
use std::time::Instant;

/// Longest wait for something that must happen; a machine under load is slow, not wrong.
const PATIENCE: Duration = Duration::from_secs(20);

const NEWS: Topic = Topic::new("news");
const QUESTION: Topic = Topic::new("question");

/// A kind of bus: doors of several nodes, and a server that can go away.
trait Rig {
    async fn start() -> Self;
    async fn door(&self, node: &str, cluster: &str) -> Bus;
    async fn cut(&mut self);
    async fn mend(&mut self);
}

/// Makes a test of each story of the suite for one kind of bus.
macro_rules! suite {
    ($rig:ty: $($area:ident::$story:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                let rig = <$rig as crate::bus::tests::Rig>::start().await;
                crate::bus::tests::soon(crate::bus::tests::$area::$story(rig)).await;
            }
        )*
    };
}

/// The whole suite for one kind of bus.
macro_rules! whole_suite {
    ($rig:ty) => {
        crate::bus::tests::suite! { $rig:
            talk::a_message_reaches_who_subscribes_in_order_and_nobody_else,
            talk::a_full_subscription_drops_the_newest_and_counts_it,
            talk::a_question_is_answered_or_fails_with_its_cause,
            talk::the_first_of_several_answers_counts,
            talk::what_is_too_large_is_refused_at_once,
            talk::a_subscription_that_is_dropped_receives_nothing,
            storage::a_key_is_written_only_as_expected,
            storage::of_many_writers_one_wins,
            storage::a_watch_tells_what_is_there_and_then_every_change,
            storage::a_watch_that_does_not_read_misses_no_last_value,
            storage::clusters_do_not_see_each_other,
            storage::a_log_keeps_its_order_and_nothing_twice,
            leases::a_lease_is_held_by_one_and_freed_at_once,
            leases::a_lease_that_is_not_renewed_lapses_and_one_takes_it_over,
            leases::a_renewal_whose_answer_was_lost_is_not_a_loss,
            outages::everything_fails_at_once_while_the_bus_is_away,
            outages::all_is_as_before_when_the_bus_is_back,
            outages::a_question_under_way_fails_when_the_bus_goes,
        }
    };
}

use {suite, whole_suite};

async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE * 3, work).await.expect("it did not happen in time")
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = clock_now();
    while !holds().await {
        assert!(clock_now() - started < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn clock_now() -> Instant {
    crate::clock::instant()
}

fn node(name: &str) -> NodeName {
    NodeName::parse(name).unwrap()
}

fn token(name: &str) -> Token {
    Token::parse(name).unwrap()
}

fn key(name: &str) -> Key {
    Key::parse(name).unwrap()
}

fn up(name: &str) -> Subject {
    Subject::new(Scope::Up(node(name)), NEWS)
}

fn all_up(name: &str) -> Pattern {
    Pattern::Everything(Scope::Up(node(name)))
}

fn text(payload: &Bytes) -> &str {
    std::str::from_utf8(payload).unwrap()
}

async fn is_connected(bus: &Bus) {
    let mut state = bus.state();
    state.wait_for(|state| *state == BusState::Connected).await.unwrap();
}

async fn is_away(bus: &Bus) {
    let mut state = bus.state();
    state.wait_for(|state| state.away().is_some()).await.unwrap();
}
