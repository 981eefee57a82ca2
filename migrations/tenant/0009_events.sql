-- What changed, for those who look at it: never values. `writer` is the number of the transaction that wrote the row,
-- which tells a reader on PostgreSQL what was not committed yet when it last looked; kept for a day.
CREATE TABLE {t}event (
    seq COUNTER NOT NULL,
    writer BIGINT NOT NULL,
    kind TEXT NOT NULL,
    entity TEXT,
    record UUID,
    revision BIGINT NOT NULL,
    made_at INSTANT NOT NULL,
    CONSTRAINT event_key PRIMARY KEY (seq)
);
CREATE INDEX event_writer ON {t}event (writer);
