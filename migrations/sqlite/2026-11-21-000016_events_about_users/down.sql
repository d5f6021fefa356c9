DROP INDEX events_about_users;
CREATE INDEX events_about_users ON events (subject, id)
    WHERE substr(kind, 1, 5) IN ('user.', 'sessi', 'conse', 'link.');
