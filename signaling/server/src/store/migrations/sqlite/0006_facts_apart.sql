-- What this node did in meetings of another node while it was cut off from it. Their numbers come again when that node
-- takes them in, so they stand apart until then.
CREATE TABLE apart_facts (
    meeting TEXT NOT NULL,
    number  BIGINT NOT NULL,
    island  TEXT NOT NULL,
    record  TEXT NOT NULL,
    PRIMARY KEY (meeting, number)
);
