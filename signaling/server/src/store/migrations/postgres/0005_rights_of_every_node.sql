-- How far each node has carried out the changes of rights. A change stays until every node has, and a node that was not
-- seen for a day is not waited for.
CREATE TABLE rights_readers (
    node   TEXT COLLATE "C" PRIMARY KEY,
    number BIGINT NOT NULL,
    seen   BIGINT NOT NULL
);
