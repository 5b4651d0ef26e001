-- The same tables as in ../sqlite, step by step under the same numbers; a test compares them. Times are UTC milliseconds.
-- Texts are ordered by their bytes, whatever the language of the server, as SQLite orders them.

CREATE TABLE settings (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);

-- The units file as it was imported, row by row.
CREATE TABLE tiers (
    code     TEXT COLLATE "C" PRIMARY KEY,
    position BIGINT NOT NULL UNIQUE,
    name     TEXT NOT NULL
);

CREATE TABLE units (
    code       TEXT COLLATE "C" PRIMARY KEY,
    position   BIGINT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    tier       TEXT COLLATE "C" NOT NULL REFERENCES tiers (code),
    parent     TEXT COLLATE "C",
    sort_order BIGINT NOT NULL,
    valid_from TEXT,
    valid_to   TEXT,
    successors TEXT NOT NULL
);

CREATE TABLE accounts (
    account       TEXT COLLATE "C" PRIMARY KEY,
    username      TEXT COLLATE "C" NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    unit          TEXT COLLATE "C" NOT NULL,
    password_hash TEXT NOT NULL,
    must_change   BIGINT NOT NULL,
    created       BIGINT NOT NULL
);

CREATE TABLE grants (
    account TEXT COLLATE "C" NOT NULL REFERENCES accounts (account),
    role    TEXT COLLATE "C" NOT NULL,
    unit    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, role, unit)
);

-- A site keeps its account over all its secrets. A revoked site has no secret.
CREATE TABLE sites (
    unit        TEXT COLLATE "C" PRIMARY KEY,
    account     TEXT COLLATE "C" NOT NULL UNIQUE,
    secret_hash BYTEA,
    issued      BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY,
    account    TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    created    BIGINT NOT NULL,
    used       BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account);

-- The primary key is what keeps two nodes from writing the same place of a log.
CREATE TABLE facts (
    meeting TEXT COLLATE "C" NOT NULL,
    number  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    record  TEXT NOT NULL,
    hash    BYTEA NOT NULL,
    PRIMARY KEY (meeting, number)
);

CREATE FUNCTION facts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'facts are append-only';
END
$$;

CREATE TRIGGER facts_are_not_changed BEFORE UPDATE ON facts
FOR EACH STATEMENT EXECUTE FUNCTION facts_stay();

CREATE TRIGGER facts_are_not_deleted BEFORE DELETE ON facts
FOR EACH STATEMENT EXECUTE FUNCTION facts_stay();

CREATE TRIGGER facts_are_not_emptied BEFORE TRUNCATE ON facts
FOR EACH STATEMENT EXECUTE FUNCTION facts_stay();
