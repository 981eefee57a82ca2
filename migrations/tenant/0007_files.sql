-- Uploaded files. `state`: pending (the content is being put in its place), stored (no record holds it), used (a record
-- holds it), leaving (its content is being removed); `since` says from when on.
CREATE TABLE {t}file (
    id UUID NOT NULL,
    -- SHA-256 of the content, which is found by it.
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    made_at INSTANT NOT NULL,
    made_by UUID NOT NULL,
    state TEXT NOT NULL,
    since INSTANT NOT NULL,
    CONSTRAINT file_key PRIMARY KEY (id)
);
CREATE INDEX file_hash ON {t}file (hash);
CREATE INDEX file_state ON {t}file (state, since);

-- Which field of which record or line holds a file; written with the record.
CREATE TABLE {t}file_use (
    file UUID NOT NULL,
    record UUID NOT NULL,
    field TEXT NOT NULL,
    entity TEXT NOT NULL,
    CONSTRAINT file_use_key PRIMARY KEY (file, record, field),
    CONSTRAINT file_use_file FOREIGN KEY (file) REFERENCES {t}file (id)
);
CREATE INDEX file_use_record ON {t}file_use (record);
