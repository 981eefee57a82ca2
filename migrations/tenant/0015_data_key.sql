-- The key that encrypts the sensitive values of this tenant, wrapped with the instance's key file. At most one row.
CREATE TABLE {t}data_key (
    number BIGINT NOT NULL,
    wrapped TEXT NOT NULL,
    CONSTRAINT data_key_key PRIMARY KEY (number)
);
