//! The steps of the schema, under the same numbers for both databases.
//!
//! They are listed by hand: the macro that reads the folder at compile time builds the whole of sqlx, both drivers and
//! SQLite itself a second time for the compiler's own use.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use std::sync::LazyLock;

/// One step.
struct Step {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! step {
    ($version:literal, $name:literal) => {
        Step {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("migrations/sqlite/000", $version, "_", $name, ".sql")),
            postgres: include_str!(concat!("migrations/postgres/000", $version, "_", $name, ".sql")),
        }
    };
}

/// All of them. What a released one says never changes: a database remembers the hash of what it was told.
const STEPS: [Step; 6] = [
    step!(1, "initial"),
    step!(2, "rights"),
    step!(3, "kept_sign_in"),
    step!(4, "sessions_say_who_is_left"),
    step!(5, "rights_of_every_node"),
    step!(6, "facts_apart"),
];

/// For SQLite.
pub(super) static SQLITE_STEPS: LazyLock<Migrator> = LazyLock::new(|| migrator(|step| step.sqlite));
/// For Postgres.
pub(super) static POSTGRES_STEPS: LazyLock<Migrator> = LazyLock::new(|| migrator(|step| step.postgres));

fn migrator(text: impl Fn(&Step) -> &'static str) -> Migrator {
    let steps = STEPS.iter().map(|step| {
        let (name, text) = (step.name.replace('_', " "), text(step).into_sql_str());
        Migration::new(step.version, name.into(), MigrationType::Simple, text, false)
    });
    Migrator::with_migrations(steps.collect())
}

#[cfg(test)]
mod tests {
    use super::STEPS;
    use std::collections::BTreeSet;

    #[test]
    fn no_file_is_left_out() {
        let listed: BTreeSet<String> =
            STEPS.iter().map(|step| format!("{:04}_{}.sql", step.version, step.name)).collect();
        for database in ["sqlite", "postgres"] {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/migrations/");
            let files = std::fs::read_dir(format!("{folder}{database}")).unwrap();
            let names: BTreeSet<String> =
                files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
            assert_eq!(names, listed, "{database}");
        }
    }
}
