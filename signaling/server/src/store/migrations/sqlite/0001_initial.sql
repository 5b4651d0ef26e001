-- Times are UTC milliseconds. Types are those that SQLite and Postgres share, but for BLOB.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The units file as it was imported, row by row.
CREATE TABLE tiers (
    code     TEXT PRIMARY KEY,
    position BIGINT NOT NULL UNIQUE,
    name     TEXT NOT NULL
);

CREATE TABLE units (
    code       TEXT PRIMARY KEY,
    position   BIGINT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    tier       TEXT NOT NULL REFERENCES tiers (code),
    parent     TEXT,
    sort_order BIGINT NOT NULL,
    valid_from TEXT,
    valid_to   TEXT,
    successors TEXT NOT NULL
);

CREATE TABLE accounts (
    account       TEXT PRIMARY KEY,
    username      TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    unit          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    must_change   BIGINT NOT NULL,
    created       BIGINT NOT NULL
);

CREATE TABLE grants (
    account TEXT NOT NULL REFERENCES accounts (account),
    role    TEXT NOT NULL,
    unit    TEXT NOT NULL,
    PRIMARY KEY (account, role, unit)
);

-- A site keeps its account over all its secrets. A revoked site has no secret.
CREATE TABLE sites (
    unit        TEXT PRIMARY KEY,
    account     TEXT NOT NULL UNIQUE,
    secret_hash BLOB,
    issued      BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    account    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    created    BIGINT NOT NULL,
    used       BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account);

CREATE TABLE facts (
    meeting TEXT NOT NULL,
    number  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    record  TEXT NOT NULL,
    hash    BLOB NOT NULL,
    PRIMARY KEY (meeting, number)
);

CREATE TRIGGER facts_are_not_changed BEFORE UPDATE ON facts
BEGIN
    SELECT RAISE(ABORT, 'facts are append-only');
END;

CREATE TRIGGER facts_are_not_deleted BEFORE DELETE ON facts
BEGIN
    SELECT RAISE(ABORT, 'facts are append-only');
END;
