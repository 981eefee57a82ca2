-- Columns that fields had before they got another type. Their values are kept: going back to the type uses them again.
CREATE TABLE {t}physical_former (
    entity TEXT NOT NULL,
    field TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    -- Digits behind the point of a decimal.
    scale BIGINT,
    CONSTRAINT physical_former_key PRIMARY KEY (entity, name),
    CONSTRAINT physical_former_table FOREIGN KEY (entity) REFERENCES {t}physical_table (entity)
);
