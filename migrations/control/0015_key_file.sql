-- Stands for the key file that data keys of tenants are wrapped with; no row before the first of them is. At most one row.
CREATE TABLE {t}key_file (
    number BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    CONSTRAINT key_file_key PRIMARY KEY (number)
);
