-- Which declarative file states an object: the one that was applied last. A mark may outlive its
-- object, whose row id is never used again.
CREATE TABLE managed_objects (
    kind TEXT NOT NULL,
    object_id BIGINT NOT NULL,
    file TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (kind, object_id)
);
CREATE INDEX managed_objects_by_file ON managed_objects (file, kind, object_id);
