-- The tables of entities and their columns as they are, retired ones included. A name is fixed when it is made.
CREATE TABLE {t}physical_table (
    entity TEXT NOT NULL,
    name TEXT NOT NULL,
    retired BOOLEAN NOT NULL,
    -- Counts the plans applied to the tenant; this table was last changed by that one.
    version BIGINT NOT NULL,
    CONSTRAINT physical_table_key PRIMARY KEY (entity)
);
CREATE UNIQUE INDEX physical_table_name ON {t}physical_table (name);

CREATE TABLE {t}physical_column (
    entity TEXT NOT NULL,
    field TEXT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    -- Digits behind the point of a decimal.
    scale BIGINT,
    -- The entity that a foreign key of ours points to.
    target TEXT,
    retired BOOLEAN NOT NULL,
    CONSTRAINT physical_column_key PRIMARY KEY (entity, field),
    CONSTRAINT physical_column_table FOREIGN KEY (entity) REFERENCES {t}physical_table (entity)
);
CREATE UNIQUE INDEX physical_column_name ON {t}physical_column (entity, name);

CREATE TABLE {t}physical_index (
    name TEXT NOT NULL,
    entity TEXT NOT NULL,
    is_unique BOOLEAN NOT NULL,
    -- Ids of the fields, separated by blanks.
    fields TEXT NOT NULL,
    CONSTRAINT physical_index_key PRIMARY KEY (name),
    CONSTRAINT physical_index_table FOREIGN KEY (entity) REFERENCES {t}physical_table (entity)
);
