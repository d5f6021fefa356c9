DROP INDEX webhooks_by_label;
