-- The words by which a record is found: one row per indexed field with its tokens, separated by blanks.
@sqlite CREATE TABLE {t}search (
    -- Named, so that it survives VACUUM: the full-text index points to it.
    id INTEGER PRIMARY KEY,
    entity TEXT NOT NULL,
    record UUID NOT NULL,
    field TEXT NOT NULL,
    tokens TEXT NOT NULL,
    CONSTRAINT search_key UNIQUE (entity, record, field)
);
@postgres CREATE TABLE {t}search (
    entity TEXT NOT NULL,
    record UUID NOT NULL,
    field TEXT NOT NULL,
    tokens TEXT NOT NULL,
    CONSTRAINT search_key PRIMARY KEY (entity, record, field)
);
@postgres CREATE INDEX search_words ON {t}search USING gin (array_to_tsvector(string_to_array(tokens, ' ')));

-- Tokens are made by the engine, so the index must cut at blanks and change nothing: `ascii` takes every character beyond
-- ASCII as part of a word, while `unicode61` would cut at letters younger than its tables. The content is the table above.
@sqlite CREATE VIRTUAL TABLE search_index USING fts5 (tokens, content = 'search', content_rowid = 'id', tokenize = 'ascii', detail = none);
@sqlite CREATE TRIGGER search_added AFTER INSERT ON search BEGIN INSERT INTO search_index (rowid, tokens) VALUES (new.id, new.tokens); END;
@sqlite CREATE TRIGGER search_removed AFTER DELETE ON search BEGIN INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', old.id, old.tokens); END;
@sqlite CREATE TRIGGER search_changed AFTER UPDATE ON search BEGIN INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', old.id, old.tokens); INSERT INTO search_index (rowid, tokens) VALUES (new.id, new.tokens); END;

-- Which fields are indexed, and in which way: what differs from the definitions is filled again when they go live.
CREATE TABLE {t}searchfield (
    entity TEXT NOT NULL,
    field TEXT NOT NULL,
    way TEXT NOT NULL,
    CONSTRAINT searchfield_key PRIMARY KEY (entity, field)
);
