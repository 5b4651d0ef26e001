//! The same suite with every node on Postgres.

use crate::postgres;

#[test]
fn the_whole_suite_passes_on_postgres() {
    postgres::run_again_on_postgres(&[], &["on_postgres", "outage::", "moving::", "swallow::"]);
}
