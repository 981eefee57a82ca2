-- Records that were purged: that they were there, and what closed their history. Nothing of what they said.
CREATE TABLE {t}tombstone (
    record UUID NOT NULL,
    entity TEXT NOT NULL,
    purged_at INSTANT NOT NULL,
    purged_by UUID NOT NULL,
    history_hash TEXT NOT NULL,
    CONSTRAINT tombstone_key PRIMARY KEY (record)
);
