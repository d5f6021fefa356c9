-- The issuer that was served from this database last, so that another one is noticed.
ALTER TABLE meta ADD COLUMN issuer TEXT;
