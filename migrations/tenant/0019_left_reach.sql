-- Whose a record was before the change, where that changed or the record is gone: who reached it then and does not now
-- is told that it left, unless their rights are younger than the change.
ALTER TABLE {t}event ADD COLUMN was_owner UUID;
ALTER TABLE {t}event ADD COLUMN was_department UUID;
ALTER TABLE {t}event ADD COLUMN was_rights BIGINT;
