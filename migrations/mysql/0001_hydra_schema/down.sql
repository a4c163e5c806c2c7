-- Every table of Hydra with all that is in it: clients, keys, tokens, consents. Children go before their parents.
DROP TABLE IF EXISTS hydra_oauth2_trusted_jwt_bearer_issuer;
DROP TABLE IF EXISTS hydra_oauth2_jti_blacklist;
DROP TABLE IF EXISTS hydra_oauth2_logout_request;
DROP TABLE IF EXISTS hydra_oauth2_obfuscated_authentication_session;
DROP TABLE IF EXISTS hydra_oauth2_device_auth_codes;
DROP TABLE IF EXISTS hydra_oauth2_pkce;
DROP TABLE IF EXISTS hydra_oauth2_oidc;
DROP TABLE IF EXISTS hydra_oauth2_code;
DROP TABLE IF EXISTS hydra_oauth2_refresh;
DROP TABLE IF EXISTS hydra_oauth2_access;
DROP TABLE IF EXISTS hydra_oauth2_flow;
DROP TABLE IF EXISTS hydra_oauth2_authentication_session;
DROP TABLE IF EXISTS hydra_jwk;
DROP TABLE IF EXISTS hydra_client;
DROP TABLE IF EXISTS networks;
DROP TABLE IF EXISTS schema_migration;
