-- Seals: from minute to minute the rows of history and of the access log that were committed and not sealed yet become the
-- leaves of two hash trees; each seal names the one before, so that the newest stands for all. A row belongs to one seal.
CREATE TABLE {t}seal (
    number BIGINT NOT NULL,
    previous TEXT NOT NULL,
    -- Root over the revisions, empty without any; and over the rows of the access log.
    root TEXT NOT NULL,
    revisions BIGINT NOT NULL,
    access_root TEXT NOT NULL,
    accesses BIGINT NOT NULL,
    -- When the oldest and the newest of its rows were made.
    first_at INSTANT NOT NULL,
    last_at INSTANT NOT NULL,
    sealed_at INSTANT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT seal_key PRIMARY KEY (number)
);

-- The newest seal; its row is locked by who seals, so that there is one at a time.
CREATE TABLE {t}seal_head (
    id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT seal_head_key PRIMARY KEY (id)
);
INSERT INTO {t}seal_head (id, number, hash) VALUES (1, 0, '');

ALTER TABLE {t}history ADD COLUMN seal BIGINT;
CREATE INDEX history_seal ON {t}history (seal, record, revision);

-- Who came, who took data out or in, who changed rights: never values. `person` is a record of base.user, null where nobody
-- signed in; rows are only added, and removed as whole seals when they are older than the tenant keeps them.
CREATE TABLE {t}access_log (
    seq COUNTER NOT NULL,
    made_at INSTANT NOT NULL,
    kind TEXT NOT NULL,
    person UUID,
    address TEXT NOT NULL,
    entity TEXT,
    record UUID,
    number BIGINT,
    detail TEXT NOT NULL,
    seal BIGINT,
    CONSTRAINT access_log_key PRIMARY KEY (seq)
);
CREATE INDEX access_log_seal ON {t}access_log (seal, seq);
CREATE INDEX access_log_time ON {t}access_log (made_at);
