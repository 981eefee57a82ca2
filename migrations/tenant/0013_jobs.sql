-- The highest fence with which a job has written here: one whose lease went to another node writes nothing any more.
CREATE TABLE {t}fence (
    job TEXT NOT NULL,
    fence BIGINT NOT NULL,
    CONSTRAINT fence_key PRIMARY KEY (job)
);
