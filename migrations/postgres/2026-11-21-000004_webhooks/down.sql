DROP TABLE webhook_deliveries;
DROP TABLE webhooks;
DELETE FROM sealed_values WHERE name LIKE 'webhook/%';
