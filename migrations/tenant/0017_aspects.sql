-- Which stored aspects of fields (sort keys, folded texts) are filled, and in which way: what differs from the definitions and
-- from the way of this engine is filled again when definitions go live.
CREATE TABLE {t}aspect (
    entity TEXT NOT NULL,
    field TEXT NOT NULL,
    aspect TEXT NOT NULL,
    way TEXT NOT NULL,
    CONSTRAINT aspect_key PRIMARY KEY (entity, field, aspect)
);
