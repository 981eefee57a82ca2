-- Periodic work: when which is due, for a tenant or (tenant '') for the instance, and which node does it now. A lease is
-- taken and judged by the database's clock; `fence` grows with every lease, so that one who lost theirs cannot finish.
CREATE TABLE {t}job (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    due_at INSTANT NOT NULL,
    fence BIGINT NOT NULL,
    leased_by TEXT,
    leased_until INSTANT,
    -- Something happened while it was leased that its run may not have seen.
    woken BOOLEAN NOT NULL,
    -- Failures since it last went well, and the last one.
    failures BIGINT NOT NULL,
    problem TEXT,
    CONSTRAINT job_key PRIMARY KEY (tenant, name)
);
CREATE INDEX job_due ON {t}job (due_at);
