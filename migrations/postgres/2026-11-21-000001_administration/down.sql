DROP TABLE api_tokens;
DROP TABLE admin_roles;
