-- In which form a record is written; the rows that are there are of the first.
ALTER TABLE facts ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- An account that is disabled keeps its name and its place in the facts, and cannot sign in.
ALTER TABLE accounts ADD COLUMN disabled BIGINT NOT NULL DEFAULT 0;

-- Rights that were taken away or changed, until the node has put out whoever sits by them.
CREATE TABLE rights_changes (
    number BIGINT PRIMARY KEY,
    kind   TEXT NOT NULL,
    holder TEXT NOT NULL,
    change TEXT NOT NULL
);

-- Wrong tries to sign in, by the hash of the name: a restart is not to forgive them.
CREATE TABLE sign_in_tries (
    name_hash    BLOB PRIMARY KEY,
    wrong        BIGINT NOT NULL,
    last         BIGINT NOT NULL,
    locked_until BIGINT
);
CREATE INDEX sign_in_tries_by_last ON sign_in_tries (last);
