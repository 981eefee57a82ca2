-- The one row every transaction reads first: which revision is live and how often rights have changed.
CREATE TABLE {t}state (
    id BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    rights_version BIGINT NOT NULL,
    CONSTRAINT state_key PRIMARY KEY (id)
);
INSERT INTO {t}state (id, revision, rights_version) VALUES (1, 0, 0);

-- Definitions by the hash of their canonical text, which is kept byte for byte.
CREATE TABLE {t}document (
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT document_key PRIMARY KEY (hash)
);

CREATE TABLE {t}revision (
    revision BIGINT NOT NULL,
    made_at INSTANT NOT NULL,
    made_by UUID NOT NULL,
    message TEXT NOT NULL,
    restored_from BIGINT,
    CONSTRAINT revision_key PRIMARY KEY (revision)
);

CREATE TABLE {t}revision_entry (
    revision BIGINT NOT NULL,
    app TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT revision_entry_key PRIMARY KEY (revision, app, kind, name),
    CONSTRAINT revision_entry_revision FOREIGN KEY (revision) REFERENCES {t}revision (revision),
    CONSTRAINT revision_entry_hash FOREIGN KEY (hash) REFERENCES {t}document (hash)
);

-- What an app was installed from, to tell what the tenant changed.
CREATE TABLE {t}package (
    app TEXT NOT NULL,
    version TEXT NOT NULL,
    installed_at INSTANT NOT NULL,
    CONSTRAINT package_key PRIMARY KEY (app)
);

CREATE TABLE {t}package_entry (
    app TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT package_entry_key PRIMARY KEY (app, kind, name),
    CONSTRAINT package_entry_app FOREIGN KEY (app) REFERENCES {t}package (app),
    CONSTRAINT package_entry_hash FOREIGN KEY (hash) REFERENCES {t}document (hash)
);

-- The one draft: the revision it was begun on and a counter of its changes.
CREATE TABLE {t}draft (
    id BIGINT NOT NULL,
    base_revision BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT draft_key PRIMARY KEY (id)
);
INSERT INTO {t}draft (id, base_revision, version) VALUES (1, 0, 0);

-- A document that differs from the live one; without a body it is removed.
CREATE TABLE {t}draft_change (
    app TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT,
    etag TEXT NOT NULL,
    changed_at INSTANT NOT NULL,
    changed_by UUID NOT NULL,
    CONSTRAINT draft_change_key PRIMARY KEY (app, kind, name)
);

-- Ids that once named something, and what: never given to anything else.
CREATE TABLE {t}retired_id (
    app TEXT NOT NULL,
    id TEXT NOT NULL,
    what TEXT NOT NULL,
    revision BIGINT NOT NULL,
    CONSTRAINT retired_id_key PRIMARY KEY (app, id)
);

-- The changed fields of each revision of each record, chained by hash; kept as text so that the hash is of these bytes.
CREATE TABLE {t}history (
    record UUID NOT NULL,
    revision BIGINT NOT NULL,
    entity TEXT NOT NULL,
    made_at INSTANT NOT NULL,
    made_by UUID NOT NULL,
    action TEXT NOT NULL,
    changes TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT history_key PRIMARY KEY (record, revision)
);
CREATE INDEX history_time ON {t}history (made_at);

-- What must leave the process; a worker claims it with a fence that grows with every claim.
CREATE TABLE {t}outbox (
    effect TEXT NOT NULL,
    topic TEXT NOT NULL,
    record UUID,
    payload JSON NOT NULL,
    created_at INSTANT NOT NULL,
    due_at INSTANT NOT NULL,
    attempts BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    claimed_until INSTANT,
    problem TEXT,
    CONSTRAINT outbox_key PRIMARY KEY (effect)
);
CREATE INDEX outbox_due ON {t}outbox (due_at);

-- Answers already given, by idempotency key.
CREATE TABLE {t}inbox (
    subject UUID NOT NULL,
    route TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at INSTANT NOT NULL,
    CONSTRAINT inbox_key PRIMARY KEY (subject, route, idempotency_key)
);
CREATE INDEX inbox_created ON {t}inbox (created_at);

-- The last number given, by sequence and period.
CREATE TABLE {t}sequence (
    name TEXT NOT NULL,
    period TEXT NOT NULL,
    value BIGINT NOT NULL,
    CONSTRAINT sequence_key PRIMARY KEY (name, period)
);
