-- What writers mark while a publish fills tables beside them; NULL when none does.
ALTER TABLE {t}state ADD COLUMN marking TEXT;

-- The publish that is under way in phases, or how the last one ended.
CREATE TABLE {t}publishing (
    id BIGINT NOT NULL,
    -- Whoever does it; every step asks whether that is still true.
    token UUID NOT NULL,
    revision BIGINT NOT NULL,
    phase TEXT NOT NULL,
    begun_at INSTANT NOT NULL,
    begun_by UUID NOT NULL,
    -- Rows filled, of how many.
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    -- Why it was given up, as JSON.
    problem TEXT,
    CONSTRAINT publishing_key PRIMARY KEY (id)
);

-- Rows that were written meanwhile and must be filled again before the revision goes live.
CREATE TABLE {t}publish_mark (
    number COUNTER NOT NULL,
    entity TEXT NOT NULL,
    record UUID NOT NULL,
    -- By somebody's write; otherwise only what it is computed from was filled again.
    written BOOLEAN NOT NULL,
    CONSTRAINT publish_mark_key PRIMARY KEY (number)
);
