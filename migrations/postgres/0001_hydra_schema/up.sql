-- Ory Hydra's schema as of v26.2.0, object by object, so that either server can work on a database that the other made.
-- Names, types and defaults are Hydra's and must stay: add tables of our own instead of columns here.

-- Hydra's first migration creates this extension; nothing needs it, so a server that lacks
-- it and a user who may not create it are no obstacle.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
EXCEPTION
    WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN NULL;
END
$$;

-- Hydra's bookkeeping: one row for each of its migrations.
CREATE TABLE schema_migration (
    version      varchar(48) NOT NULL,
    version_self integer NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX schema_migration_version_idx
    ON schema_migration (version);
CREATE INDEX schema_migration_version_self_idx
    ON schema_migration (version_self);

-- Every row of the tables below belongs to a network. One database serves one; the oldest row is it.
CREATE TABLE networks (
    id         uuid NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    CONSTRAINT networks_pkey PRIMARY KEY (id)
);
-- A random UUID takes the place of ${network_id}.
INSERT INTO networks (id, created_at, updated_at)
SELECT CAST('${network_id}' AS uuid), TIMESTAMP '2013-10-07 08:23:19', TIMESTAMP '2013-10-07 08:23:19'
WHERE NOT EXISTS (SELECT 1 FROM networks);

-- OAuth clients. Lists are JSON arrays, lifespans nanoseconds; pk and pk_deprecated are leftovers.
CREATE SEQUENCE hydra_client_pk_seq AS integer;
CREATE TABLE hydra_client (
    id                                                varchar(255) NOT NULL,
    client_name                                       text NOT NULL,
    client_secret                                     text NOT NULL,
    scope                                             text NOT NULL,
    owner                                             text NOT NULL,
    policy_uri                                        text NOT NULL,
    tos_uri                                           text NOT NULL,
    client_uri                                        text NOT NULL,
    logo_uri                                          text NOT NULL,
    client_secret_expires_at                          integer NOT NULL DEFAULT 0,
    sector_identifier_uri                             text NOT NULL,
    jwks                                              text NOT NULL,
    jwks_uri                                          text NOT NULL,
    token_endpoint_auth_method                        varchar(25) NOT NULL DEFAULT '',
    request_object_signing_alg                        varchar(10) NOT NULL DEFAULT '',
    userinfo_signed_response_alg                      varchar(10) NOT NULL DEFAULT '',
    subject_type                                      varchar(15) NOT NULL DEFAULT '',
    pk_deprecated                                     integer NOT NULL DEFAULT nextval('hydra_client_pk_seq'),
    created_at                                        timestamp NOT NULL DEFAULT now(),
    updated_at                                        timestamp NOT NULL DEFAULT now(),
    frontchannel_logout_uri                           text NOT NULL DEFAULT '',
    frontchannel_logout_session_required              boolean NOT NULL DEFAULT false,
    backchannel_logout_uri                            text NOT NULL DEFAULT '',
    backchannel_logout_session_required               boolean NOT NULL DEFAULT false,
    metadata                                          text NOT NULL,
    token_endpoint_auth_signing_alg                   varchar(10) NOT NULL DEFAULT '',
    authorization_code_grant_access_token_lifespan    bigint,
    authorization_code_grant_id_token_lifespan        bigint,
    authorization_code_grant_refresh_token_lifespan   bigint,
    client_credentials_grant_access_token_lifespan    bigint,
    implicit_grant_access_token_lifespan              bigint,
    implicit_grant_id_token_lifespan                  bigint,
    jwt_bearer_grant_access_token_lifespan            bigint,
    password_grant_access_token_lifespan              bigint,
    password_grant_refresh_token_lifespan             bigint,
    refresh_token_grant_id_token_lifespan             bigint,
    refresh_token_grant_access_token_lifespan         bigint,
    refresh_token_grant_refresh_token_lifespan        bigint,
    pk                                                uuid,
    registration_access_token_signature               varchar(128) NOT NULL DEFAULT '',
    nid                                               uuid NOT NULL,
    redirect_uris                                     jsonb NOT NULL,
    grant_types                                       jsonb NOT NULL,
    response_types                                    jsonb NOT NULL,
    audience                                          jsonb NOT NULL,
    allowed_cors_origins                              jsonb NOT NULL,
    contacts                                          jsonb NOT NULL,
    request_uris                                      jsonb NOT NULL,
    post_logout_redirect_uris                         jsonb NOT NULL DEFAULT '[]',
    access_token_strategy                             varchar(10) NOT NULL DEFAULT '',
    skip_consent                                      boolean NOT NULL DEFAULT false,
    skip_logout_consent                               boolean,
    device_authorization_grant_id_token_lifespan      bigint,
    device_authorization_grant_access_token_lifespan  bigint,
    device_authorization_grant_refresh_token_lifespan bigint,
    CONSTRAINT hydra_client_pkey PRIMARY KEY (id, nid),
    CONSTRAINT hydra_client_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
ALTER SEQUENCE hydra_client_pk_seq OWNED BY hydra_client.pk_deprecated;
CREATE UNIQUE INDEX hydra_client_idx_id_uq
    ON hydra_client (id, nid);

-- Signing and verification keys by key set; keydata is encrypted.
CREATE SEQUENCE hydra_jwk_pk_seq AS integer;
CREATE TABLE hydra_jwk (
    sid           varchar(255) NOT NULL,
    kid           varchar(255) NOT NULL,
    version       integer NOT NULL DEFAULT 0,
    keydata       text NOT NULL,
    created_at    timestamp NOT NULL DEFAULT now(),
    pk_deprecated integer NOT NULL DEFAULT nextval('hydra_jwk_pk_seq'),
    pk            uuid NOT NULL,
    nid           uuid NOT NULL,
    CONSTRAINT hydra_jwk_pkey PRIMARY KEY (pk),
    CONSTRAINT hydra_jwk_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
ALTER SEQUENCE hydra_jwk_pk_seq OWNED BY hydra_jwk.pk_deprecated;
CREATE INDEX hydra_jwk_nid_sid_created_at_idx
    ON hydra_jwk (nid, sid, created_at);
CREATE INDEX hydra_jwk_nid_sid_kid_created_at_idx
    ON hydra_jwk (nid, sid, kid, created_at);
CREATE UNIQUE INDEX hydra_jwk_sid_kid_nid_key
    ON hydra_jwk (sid, kid, nid);

-- Remembered logins, one per browser.
CREATE TABLE hydra_oauth2_authentication_session (
    id                           varchar(40) NOT NULL,
    authenticated_at             timestamp,
    subject                      varchar(255) NOT NULL,
    remember                     boolean NOT NULL DEFAULT false,
    nid                          uuid NOT NULL,
    identity_provider_session_id varchar(40),
    expires_at                   timestamp,
    CONSTRAINT hydra_oauth2_authentication_session_pkey PRIMARY KEY (id),
    CONSTRAINT hydra_oauth2_authentication_session_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_authentication_session_sub_idx
    ON hydra_oauth2_authentication_session (subject, nid);

-- Consents and the logins that led to them. The columns that nobody writes any more come from older releases.
CREATE TABLE hydra_oauth2_flow (
    login_challenge               varchar(40) NOT NULL,
    login_verifier                varchar(40),
    login_csrf                    varchar(40),
    subject                       varchar(255),
    request_url                   text,
    login_skip                    boolean,
    client_id                     varchar(255),
    requested_at                  timestamp NOT NULL DEFAULT now(),
    login_initialized_at          timestamp,
    oidc_context                  jsonb,
    login_session_id              varchar(40),
    state                         integer,
    login_remember                boolean,
    login_remember_for            integer,
    login_error                   text,
    acr                           text,
    login_authenticated_at        timestamp,
    login_was_used                boolean,
    forced_subject_identifier     varchar(255),
    context                       jsonb,
    consent_challenge_id          varchar(40),
    consent_skip                  boolean,
    consent_verifier              varchar(40),
    consent_csrf                  varchar(40),
    consent_remember              boolean,
    consent_remember_for          integer,
    consent_handled_at            timestamp,
    consent_error                 text,
    session_access_token          jsonb,
    session_id_token              jsonb,
    consent_was_used              boolean,
    nid                           uuid NOT NULL,
    requested_scope               jsonb,
    requested_at_audience         jsonb,
    amr                           jsonb,
    granted_scope                 jsonb,
    granted_at_audience           jsonb,
    login_extend_session_lifespan boolean,
    identity_provider_session_id  varchar(40),
    device_challenge_id           varchar(255),
    device_code_request_id        varchar(255),
    device_verifier               varchar(40),
    device_csrf                   varchar(40),
    device_was_used               boolean,
    device_handled_at             timestamp,
    device_error                  varchar(2048),
    expires_at                    timestamp GENERATED ALWAYS AS (
        CASE WHEN consent_remember_for > 0 THEN requested_at + consent_remember_for * INTERVAL '1 second' ELSE NULL END
    ) STORED,
    CONSTRAINT hydra_oauth2_flow_pkey PRIMARY KEY (login_challenge),
    CONSTRAINT hydra_oauth2_flow_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_flow_login_session_id_fk
        FOREIGN KEY (login_session_id) REFERENCES hydra_oauth2_authentication_session (id) ON DELETE SET NULL,
    CONSTRAINT hydra_oauth2_flow_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_flow_cid_idx
    ON hydra_oauth2_flow (client_id, nid);
CREATE INDEX hydra_oauth2_flow_client_id_subject_idx
    ON hydra_oauth2_flow (client_id, nid, subject);
CREATE UNIQUE INDEX hydra_oauth2_flow_consent_challenge_idx
    ON hydra_oauth2_flow (consent_challenge_id);
CREATE UNIQUE INDEX hydra_oauth2_flow_device_challenge_idx
    ON hydra_oauth2_flow (device_challenge_id);
CREATE INDEX hydra_oauth2_flow_login_session_id_idx
    ON hydra_oauth2_flow (login_session_id, nid);
CREATE INDEX hydra_oauth2_flow_previous_consents_idx
    ON hydra_oauth2_flow (subject, client_id, nid, consent_skip, consent_error, consent_remember);
CREATE INDEX hydra_oauth2_flow_sub_idx
    ON hydra_oauth2_flow (subject, nid);

-- Access tokens by the hash of their signature.
CREATE TABLE hydra_oauth2_access (
    signature          varchar(255) NOT NULL,
    request_id         varchar(40) NOT NULL,
    requested_at       timestamp NOT NULL DEFAULT now(),
    client_id          varchar(255) NOT NULL,
    scope              text NOT NULL,
    granted_scope      text NOT NULL,
    form_data          text NOT NULL,
    session_data       text NOT NULL,
    subject            varchar(255) NOT NULL DEFAULT '',
    active             boolean NOT NULL DEFAULT true,
    requested_audience text DEFAULT '',
    granted_audience   text DEFAULT '',
    challenge_id       varchar(40),
    nid                uuid NOT NULL,
    expires_at         timestamp,
    CONSTRAINT hydra_oauth2_access_pkey PRIMARY KEY (signature),
    CONSTRAINT hydra_oauth2_access_challenge_id_fk
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_access_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_access_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_access_challenge_id_idx
    ON hydra_oauth2_access (challenge_id);
CREATE INDEX hydra_oauth2_access_client_id_idx
    ON hydra_oauth2_access (client_id, nid);
CREATE INDEX hydra_oauth2_access_request_id_idx
    ON hydra_oauth2_access (request_id, nid);
CREATE INDEX hydra_oauth2_access_requested_at_idx
    ON hydra_oauth2_access (requested_at, nid);

-- Refresh tokens by signature.
CREATE TABLE hydra_oauth2_refresh (
    signature              varchar(255) NOT NULL,
    request_id             varchar(40) NOT NULL,
    requested_at           timestamp NOT NULL DEFAULT now(),
    client_id              varchar(255) NOT NULL,
    scope                  text NOT NULL,
    granted_scope          text NOT NULL,
    form_data              text NOT NULL,
    session_data           text NOT NULL,
    subject                varchar(255) NOT NULL DEFAULT '',
    active                 boolean NOT NULL DEFAULT true,
    requested_audience     text DEFAULT '',
    granted_audience       text DEFAULT '',
    challenge_id           varchar(40),
    nid                    uuid NOT NULL,
    expires_at             timestamp,
    first_used_at          timestamp,
    access_token_signature varchar(255) DEFAULT NULL,
    used_times             integer,
    CONSTRAINT hydra_oauth2_refresh_pkey PRIMARY KEY (signature),
    CONSTRAINT hydra_oauth2_refresh_challenge_id_fk
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_refresh_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_refresh_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_refresh_challenge_id_idx
    ON hydra_oauth2_refresh (challenge_id);
CREATE INDEX hydra_oauth2_refresh_client_id_idx
    ON hydra_oauth2_refresh (client_id, nid);
CREATE INDEX hydra_oauth2_refresh_request_id_idx
    ON hydra_oauth2_refresh (request_id);
CREATE INDEX hydra_oauth2_refresh_requested_at_idx
    ON hydra_oauth2_refresh (nid, requested_at);

-- Authorization codes by signature.
CREATE TABLE hydra_oauth2_code (
    signature          varchar(255) NOT NULL,
    request_id         varchar(40) NOT NULL,
    requested_at       timestamp NOT NULL DEFAULT now(),
    client_id          varchar(255) NOT NULL,
    scope              text NOT NULL,
    granted_scope      text NOT NULL,
    form_data          text NOT NULL,
    session_data       text NOT NULL,
    subject            varchar(255) NOT NULL DEFAULT '',
    active             boolean NOT NULL DEFAULT true,
    requested_audience text DEFAULT '',
    granted_audience   text DEFAULT '',
    challenge_id       varchar(40),
    nid                uuid NOT NULL,
    expires_at         timestamp,
    CONSTRAINT hydra_oauth2_code_pkey PRIMARY KEY (signature),
    CONSTRAINT hydra_oauth2_code_challenge_id_fk
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_code_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_code_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_code_challenge_id_idx
    ON hydra_oauth2_code (challenge_id, nid);
CREATE INDEX hydra_oauth2_code_client_id_idx
    ON hydra_oauth2_code (client_id, nid);

-- OpenID Connect requests that wait for their ID token, by code.
CREATE TABLE hydra_oauth2_oidc (
    signature          varchar(255) NOT NULL,
    request_id         varchar(40) NOT NULL,
    requested_at       timestamp NOT NULL DEFAULT now(),
    client_id          varchar(255) NOT NULL,
    scope              text NOT NULL,
    granted_scope      text NOT NULL,
    form_data          text NOT NULL,
    session_data       text NOT NULL,
    subject            varchar(255) NOT NULL DEFAULT '',
    active             boolean NOT NULL DEFAULT true,
    requested_audience text DEFAULT '',
    granted_audience   text DEFAULT '',
    challenge_id       varchar(40),
    nid                uuid NOT NULL,
    expires_at         timestamp,
    CONSTRAINT hydra_oauth2_oidc_pkey PRIMARY KEY (signature),
    CONSTRAINT hydra_oauth2_oidc_challenge_id_fk
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_oidc_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_oidc_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_oidc_challenge_id_idx
    ON hydra_oauth2_oidc (challenge_id);
CREATE INDEX hydra_oauth2_oidc_client_id_idx
    ON hydra_oauth2_oidc (client_id, nid);

-- PKCE challenges by code signature.
CREATE TABLE hydra_oauth2_pkce (
    signature          varchar(255) NOT NULL,
    request_id         varchar(40) NOT NULL,
    requested_at       timestamp NOT NULL DEFAULT now(),
    client_id          varchar(255) NOT NULL,
    scope              text NOT NULL,
    granted_scope      text NOT NULL,
    form_data          text NOT NULL,
    session_data       text NOT NULL,
    subject            varchar(255) NOT NULL,
    active             boolean NOT NULL DEFAULT true,
    requested_audience text DEFAULT '',
    granted_audience   text DEFAULT '',
    challenge_id       varchar(40),
    nid                uuid NOT NULL,
    expires_at         timestamp,
    CONSTRAINT hydra_oauth2_pkce_pkey PRIMARY KEY (signature),
    CONSTRAINT hydra_oauth2_pkce_challenge_id_fk
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_pkce_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_pkce_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_pkce_challenge_id_idx
    ON hydra_oauth2_pkce (challenge_id);
CREATE INDEX hydra_oauth2_pkce_client_id_idx
    ON hydra_oauth2_pkce (client_id, nid);

-- Device authorizations (RFC 8628).
CREATE TABLE hydra_oauth2_device_auth_codes (
    device_code_signature varchar(255) NOT NULL,
    user_code_signature   varchar(255) NOT NULL,
    request_id            varchar(40) NOT NULL,
    requested_at          timestamp NOT NULL DEFAULT now(),
    client_id             varchar(255) NOT NULL,
    scope                 varchar(1024) NOT NULL,
    granted_scope         varchar(1024) NOT NULL,
    form_data             varchar(4096) NOT NULL,
    session_data          text NOT NULL,
    subject               varchar(255) NOT NULL DEFAULT '',
    device_code_active    boolean NOT NULL DEFAULT true,
    user_code_state       smallint NOT NULL DEFAULT 0,
    requested_audience    varchar(1024) NOT NULL,
    granted_audience      varchar(1024) NOT NULL,
    challenge_id          varchar(40),
    expires_at            timestamp,
    nid                   uuid NOT NULL,
    CONSTRAINT hydra_oauth2_device_auth_codes_pkey PRIMARY KEY (device_code_signature, nid),
    CONSTRAINT hydra_oauth2_device_auth_codes_challenge_id_fkey
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_device_auth_codes_client_id_nid_fkey
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_device_auth_codes_nid_fkey
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_device_auth_codes_challenge_id_idx
    ON hydra_oauth2_device_auth_codes (challenge_id);
CREATE INDEX hydra_oauth2_device_auth_codes_client_id_idx
    ON hydra_oauth2_device_auth_codes (client_id, nid);
CREATE INDEX hydra_oauth2_device_auth_codes_request_id_idx
    ON hydra_oauth2_device_auth_codes (request_id, nid);
CREATE UNIQUE INDEX hydra_oauth2_device_auth_codes_user_code_signature_idx
    ON hydra_oauth2_device_auth_codes (nid, user_code_signature);

-- Subject identifiers forced at login, per client.
CREATE TABLE hydra_oauth2_obfuscated_authentication_session (
    subject            varchar(255) NOT NULL,
    client_id          varchar(255) NOT NULL,
    subject_obfuscated varchar(255) NOT NULL,
    nid                uuid NOT NULL,
    CONSTRAINT hydra_oauth2_obfuscated_authentication_session_pkey PRIMARY KEY (subject, client_id, nid),
    CONSTRAINT hydra_oauth2_obfuscated_authentication_session_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_obfuscated_authentication_session_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE UNIQUE INDEX hydra_oauth2_obfuscated_authentication_session_so_idx
    ON hydra_oauth2_obfuscated_authentication_session (client_id, subject_obfuscated, nid);

-- Logout requests of older releases; not written any more.
CREATE TABLE hydra_oauth2_logout_request (
    challenge    varchar(36) NOT NULL,
    verifier     varchar(36) NOT NULL,
    subject      varchar(255) NOT NULL,
    sid          varchar(36) NOT NULL,
    client_id    varchar(255),
    request_url  text NOT NULL,
    redir_url    text NOT NULL,
    was_used     boolean NOT NULL DEFAULT false,
    accepted     boolean NOT NULL DEFAULT false,
    rejected     boolean NOT NULL DEFAULT false,
    rp_initiated boolean NOT NULL DEFAULT false,
    nid          uuid NOT NULL,
    expires_at   timestamp,
    requested_at timestamp,
    CONSTRAINT hydra_oauth2_logout_request_pkey PRIMARY KEY (challenge),
    CONSTRAINT hydra_oauth2_logout_request_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_logout_request_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_logout_request_client_id_idx
    ON hydra_oauth2_logout_request (client_id, nid);
CREATE UNIQUE INDEX hydra_oauth2_logout_request_veri_idx
    ON hydra_oauth2_logout_request (verifier);

-- Assertion ids that were used (RFC 7523).
CREATE TABLE hydra_oauth2_jti_blacklist (
    signature  varchar(64) NOT NULL,
    expires_at timestamp NOT NULL DEFAULT now(),
    nid        uuid NOT NULL,
    CONSTRAINT hydra_oauth2_jti_blacklist_pkey PRIMARY KEY (signature, nid),
    CONSTRAINT hydra_oauth2_jti_blacklist_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_jti_blacklist_expires_at_idx
    ON hydra_oauth2_jti_blacklist (expires_at, nid);

-- Issuers trusted in the JWT bearer grant (RFC 7523), each with its key in hydra_jwk.
CREATE TABLE hydra_oauth2_trusted_jwt_bearer_issuer (
    id                uuid NOT NULL,
    issuer            varchar(255) NOT NULL,
    subject           varchar(255) NOT NULL,
    scope             text NOT NULL,
    key_set           varchar(255) NOT NULL,
    key_id            varchar(255) NOT NULL,
    created_at        timestamp NOT NULL DEFAULT now(),
    expires_at        timestamp NOT NULL DEFAULT now(),
    nid               uuid NOT NULL,
    allow_any_subject boolean NOT NULL DEFAULT false,
    CONSTRAINT hydra_oauth2_trusted_jwt_bearer_issuer_pkey PRIMARY KEY (id),
    CONSTRAINT hydra_oauth2_trusted_jwt_bearer_issue_issuer_subject_key_id_key UNIQUE (issuer, subject, key_id, nid),
    CONSTRAINT hydra_oauth2_trusted_jwt_bearer_issuer_key_set_fkey
        FOREIGN KEY (key_set, key_id, nid) REFERENCES hydra_jwk (sid, kid, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_trusted_jwt_bearer_issuer_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
);
CREATE INDEX hydra_oauth2_trusted_jwt_bearer_issuer_expires_at_idx
    ON hydra_oauth2_trusted_jwt_bearer_issuer (expires_at);
CREATE INDEX hydra_oauth2_trusted_jwt_bearer_issuer_nid_idx
    ON hydra_oauth2_trusted_jwt_bearer_issuer (id, nid);
CREATE UNIQUE INDEX hydra_oauth2_trusted_jwt_bearer_issuer_nid_uq_idx
    ON hydra_oauth2_trusted_jwt_bearer_issuer (nid, key_id, issuer, subject);
