-- Ory Hydra's schema as of v26.2.0, object by object, so that either server can work on a database that the other made.
-- Names, types and defaults are Hydra's and must stay: add tables of our own instead of columns here.
-- MySQL commits every statement of a schema change at once. So each statement can be run again, and the version rows, which
-- say that all is done, are written last. Ids and signatures compare byte by byte, hence the binary collation.

-- Hydra's bookkeeping: one row for each of its migrations.
CREATE TABLE IF NOT EXISTS schema_migration (
    version      VARCHAR(48) NOT NULL,
    version_self INT NOT NULL DEFAULT 0,
    UNIQUE KEY schema_migration_version_idx (version),
    KEY schema_migration_version_self_idx (version_self)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Every row of the tables below belongs to a network. One database serves one; the oldest row is it.
CREATE TABLE IF NOT EXISTS networks (
    id         CHAR(36) NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
-- A random UUID takes the place of ${network_id}.
INSERT INTO networks (id, created_at, updated_at)
SELECT '${network_id}', '2013-10-07 08:23:19', '2013-10-07 08:23:19'
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM networks);

-- OAuth clients. Lists are JSON arrays, lifespans nanoseconds; pk and pk_deprecated are leftovers.
CREATE TABLE IF NOT EXISTS hydra_client (
    id                                                VARCHAR(255) NOT NULL,
    client_name                                       TEXT NOT NULL,
    client_secret                                     TEXT NOT NULL,
    scope                                             TEXT NOT NULL,
    owner                                             TEXT NOT NULL,
    policy_uri                                        TEXT NOT NULL,
    tos_uri                                           TEXT NOT NULL,
    client_uri                                        TEXT NOT NULL,
    logo_uri                                          TEXT NOT NULL,
    client_secret_expires_at                          INT NOT NULL DEFAULT 0,
    sector_identifier_uri                             TEXT NOT NULL,
    jwks                                              TEXT NOT NULL,
    jwks_uri                                          TEXT NOT NULL,
    token_endpoint_auth_method                        VARCHAR(25) NOT NULL DEFAULT '',
    request_object_signing_alg                        VARCHAR(10) NOT NULL DEFAULT '',
    userinfo_signed_response_alg                      VARCHAR(10) NOT NULL DEFAULT '',
    subject_type                                      VARCHAR(15) NOT NULL DEFAULT '',
    pk_deprecated                                     INT UNSIGNED NULL DEFAULT NULL,
    created_at                                        TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at                                        TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    frontchannel_logout_uri                           TEXT NOT NULL,
    frontchannel_logout_session_required              TINYINT(1) NOT NULL DEFAULT false,
    backchannel_logout_uri                            TEXT NOT NULL,
    backchannel_logout_session_required               TINYINT(1) NOT NULL DEFAULT false,
    metadata                                          TEXT NOT NULL,
    token_endpoint_auth_signing_alg                   VARCHAR(10) NOT NULL DEFAULT '',
    authorization_code_grant_access_token_lifespan    BIGINT NULL DEFAULT NULL,
    authorization_code_grant_id_token_lifespan        BIGINT NULL DEFAULT NULL,
    authorization_code_grant_refresh_token_lifespan   BIGINT NULL DEFAULT NULL,
    client_credentials_grant_access_token_lifespan    BIGINT NULL DEFAULT NULL,
    implicit_grant_access_token_lifespan              BIGINT NULL DEFAULT NULL,
    implicit_grant_id_token_lifespan                  BIGINT NULL DEFAULT NULL,
    jwt_bearer_grant_access_token_lifespan            BIGINT NULL DEFAULT NULL,
    password_grant_access_token_lifespan              BIGINT NULL DEFAULT NULL,
    password_grant_refresh_token_lifespan             BIGINT NULL DEFAULT NULL,
    refresh_token_grant_id_token_lifespan             BIGINT NULL DEFAULT NULL,
    refresh_token_grant_access_token_lifespan         BIGINT NULL DEFAULT NULL,
    refresh_token_grant_refresh_token_lifespan        BIGINT NULL DEFAULT NULL,
    pk                                                CHAR(36) NULL DEFAULT NULL,
    registration_access_token_signature               VARCHAR(128) NOT NULL DEFAULT '',
    nid                                               CHAR(36) NOT NULL,
    redirect_uris                                     JSON NOT NULL,
    grant_types                                       JSON NOT NULL,
    response_types                                    JSON NOT NULL,
    audience                                          JSON NOT NULL,
    allowed_cors_origins                              JSON NOT NULL,
    contacts                                          JSON NOT NULL,
    request_uris                                      JSON NOT NULL,
    post_logout_redirect_uris                         JSON NOT NULL DEFAULT ('[]'),
    access_token_strategy                             VARCHAR(10) NOT NULL DEFAULT '',
    skip_consent                                      TINYINT(1) NOT NULL DEFAULT false,
    skip_logout_consent                               TINYINT(1) NULL DEFAULT NULL,
    device_authorization_grant_id_token_lifespan      BIGINT NULL DEFAULT NULL,
    device_authorization_grant_access_token_lifespan  BIGINT NULL DEFAULT NULL,
    device_authorization_grant_refresh_token_lifespan BIGINT NULL DEFAULT NULL,
    PRIMARY KEY (id, nid),
    UNIQUE KEY hydra_client_id_key (id, nid),
    KEY pk_deprecated (pk_deprecated),
    KEY hydra_client_nid_fk_idx (nid),
    CONSTRAINT hydra_client_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Signing and verification keys by key set; keydata is encrypted.
CREATE TABLE IF NOT EXISTS hydra_jwk (
    sid           VARCHAR(255) NOT NULL,
    kid           VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    version       INT NOT NULL DEFAULT 0,
    keydata       TEXT NOT NULL,
    created_at    TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    pk_deprecated INT UNSIGNED NOT NULL AUTO_INCREMENT,
    pk            CHAR(36) NOT NULL,
    nid           CHAR(36) NOT NULL,
    PRIMARY KEY (pk),
    KEY pk_deprecated (pk_deprecated),
    UNIQUE KEY hydra_jwk_sid_kid_nid_key (sid, kid, nid),
    KEY hydra_jwk_nid_sid_created_at_idx (nid, sid, created_at),
    KEY hydra_jwk_nid_sid_kid_created_at_idx (nid, sid, kid, created_at),
    CONSTRAINT hydra_jwk_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Remembered logins, one per browser.
CREATE TABLE IF NOT EXISTS hydra_oauth2_authentication_session (
    id                           VARCHAR(40) NOT NULL,
    authenticated_at             TIMESTAMP NULL DEFAULT NULL,
    subject                      VARCHAR(255) NOT NULL,
    remember                     TINYINT(1) NOT NULL DEFAULT false,
    nid                          CHAR(36) NOT NULL,
    identity_provider_session_id VARCHAR(40) NULL DEFAULT NULL,
    expires_at                   TIMESTAMP NULL DEFAULT NULL,
    PRIMARY KEY (id),
    KEY hydra_oauth2_authentication_session_nid_fk_idx (nid),
    KEY hydra_oauth2_authentication_session_sub_idx (subject),
    KEY hydra_oauth2_authentication_session_subject_nid_idx (subject, nid),
    CONSTRAINT hydra_oauth2_authentication_session_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Consents and the logins that led to them. The columns that nobody writes any more come from older releases.
CREATE TABLE IF NOT EXISTS hydra_oauth2_flow (
    login_challenge               VARCHAR(40) NOT NULL,
    login_verifier                VARCHAR(40) NULL DEFAULT NULL,
    login_csrf                    VARCHAR(40) NULL DEFAULT NULL,
    subject                       VARCHAR(255) NULL DEFAULT NULL,
    request_url                   TEXT NULL,
    login_skip                    TINYINT(1) NULL DEFAULT NULL,
    client_id                     VARCHAR(255) NULL DEFAULT NULL,
    requested_at                  TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    login_initialized_at          TIMESTAMP NULL DEFAULT NULL,
    oidc_context                  JSON NULL,
    login_session_id              VARCHAR(40) NULL DEFAULT NULL,
    state                         SMALLINT NULL DEFAULT NULL,
    login_remember                TINYINT(1) NULL DEFAULT NULL,
    login_remember_for            INT NULL DEFAULT NULL,
    login_error                   TEXT NULL,
    acr                           TEXT NULL,
    login_authenticated_at        TIMESTAMP NULL DEFAULT NULL,
    login_was_used                TINYINT(1) NULL DEFAULT NULL,
    forced_subject_identifier     VARCHAR(255) NULL DEFAULT NULL,
    context                       JSON NULL,
    consent_challenge_id          VARCHAR(40) NULL DEFAULT NULL,
    consent_skip                  TINYINT(1) NULL DEFAULT NULL,
    consent_verifier              VARCHAR(40) NULL DEFAULT NULL,
    consent_csrf                  VARCHAR(40) NULL DEFAULT NULL,
    consent_remember              TINYINT(1) NULL DEFAULT NULL,
    consent_remember_for          INT NULL DEFAULT NULL,
    consent_handled_at            TIMESTAMP NULL DEFAULT NULL,
    consent_error                 TEXT NULL,
    session_access_token          JSON NULL,
    session_id_token              JSON NULL,
    consent_was_used              TINYINT(1) NULL DEFAULT NULL,
    nid                           CHAR(36) NOT NULL,
    requested_scope               JSON NULL,
    requested_at_audience         JSON NULL,
    amr                           JSON NULL,
    granted_scope                 JSON NULL,
    granted_at_audience           JSON NULL,
    login_extend_session_lifespan TINYINT(1) NULL DEFAULT NULL,
    identity_provider_session_id  VARCHAR(40) NULL DEFAULT NULL,
    device_challenge_id           VARCHAR(255) NULL DEFAULT NULL,
    device_code_request_id        VARCHAR(255) NULL DEFAULT NULL,
    device_verifier               VARCHAR(40) NULL DEFAULT NULL,
    device_csrf                   VARCHAR(40) NULL DEFAULT NULL,
    device_was_used               TINYINT(1) NULL DEFAULT NULL,
    device_handled_at             TIMESTAMP NULL DEFAULT NULL,
    device_error                  VARCHAR(2048) NULL DEFAULT NULL,
    expires_at                    TIMESTAMP GENERATED ALWAYS AS (
        IF(consent_remember_for > 0, requested_at + INTERVAL consent_remember_for SECOND, NULL)
    ) VIRTUAL,
    PRIMARY KEY (login_challenge),
    KEY hydra_oauth2_flow_client_id_subject_idx (client_id, nid, subject),
    UNIQUE KEY hydra_oauth2_flow_consent_challenge_idx (consent_challenge_id),
    UNIQUE KEY hydra_oauth2_flow_device_challenge_idx (device_challenge_id),
    KEY hydra_oauth2_flow_login_session_id_idx (login_session_id),
    KEY hydra_oauth2_flow_sub_idx (subject, nid),
    KEY hydra_oauth2_flow_previous_consents_idx
        (subject, client_id, nid, consent_skip, consent_error(2), consent_remember),
    CONSTRAINT hydra_oauth2_flow_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_flow_login_session_id_fk
        FOREIGN KEY (login_session_id) REFERENCES hydra_oauth2_authentication_session (id) ON DELETE SET NULL,
    CONSTRAINT hydra_oauth2_flow_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Access tokens by the hash of their signature.
CREATE TABLE IF NOT EXISTS hydra_oauth2_access (
    signature          VARCHAR(255) NOT NULL,
    request_id         VARCHAR(40) NOT NULL DEFAULT '',
    requested_at       TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    client_id          VARCHAR(255) NOT NULL DEFAULT '',
    scope              TEXT NOT NULL,
    granted_scope      TEXT NOT NULL,
    form_data          TEXT NOT NULL,
    session_data       TEXT NOT NULL,
    subject            VARCHAR(255) NOT NULL DEFAULT '',
    active             TINYINT(1) NOT NULL DEFAULT true,
    requested_audience TEXT NOT NULL,
    granted_audience   TEXT NOT NULL,
    challenge_id       VARCHAR(40) NULL DEFAULT NULL,
    nid                CHAR(36) NOT NULL,
    expires_at         TIMESTAMP NULL DEFAULT NULL,
    PRIMARY KEY (signature),
    KEY hydra_oauth2_access_challenge_id_idx (challenge_id),
    KEY hydra_oauth2_access_client_id_fk (client_id, nid),
    KEY hydra_oauth2_access_client_id_subject_nid_idx (client_id, subject, nid),
    KEY hydra_oauth2_access_nid_fk_idx (nid),
    KEY hydra_oauth2_access_request_id_idx (request_id, nid),
    KEY hydra_oauth2_access_requested_at_idx (requested_at, nid),
    CONSTRAINT hydra_oauth2_access_challenge_id_fk
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_access_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_access_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Refresh tokens by signature.
CREATE TABLE IF NOT EXISTS hydra_oauth2_refresh (
    signature              VARCHAR(255) NOT NULL,
    request_id             VARCHAR(40) NOT NULL DEFAULT '',
    requested_at           TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    client_id              VARCHAR(255) NOT NULL DEFAULT '',
    scope                  TEXT NOT NULL,
    granted_scope          TEXT NOT NULL,
    form_data              TEXT NOT NULL,
    session_data           TEXT NOT NULL,
    subject                VARCHAR(255) NOT NULL DEFAULT '',
    active                 TINYINT(1) NOT NULL DEFAULT true,
    requested_audience     TEXT NOT NULL,
    granted_audience       TEXT NOT NULL,
    challenge_id           VARCHAR(40) NULL DEFAULT NULL,
    nid                    CHAR(36) NOT NULL,
    expires_at             TIMESTAMP NULL DEFAULT NULL,
    first_used_at          TIMESTAMP NULL DEFAULT NULL,
    access_token_signature VARCHAR(255) NULL DEFAULT NULL,
    used_times             INT NULL DEFAULT NULL,
    PRIMARY KEY (signature),
    KEY hydra_oauth2_refresh_challenge_id_idx (challenge_id),
    KEY hydra_oauth2_refresh_client_id_fk (client_id, nid),
    KEY hydra_oauth2_refresh_client_id_idx (client_id),
    KEY hydra_oauth2_refresh_request_id_idx (request_id),
    KEY hydra_oauth2_refresh_requested_at_idx (nid, requested_at),
    CONSTRAINT hydra_oauth2_refresh_challenge_id_fk
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_refresh_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_refresh_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Authorization codes by signature.
CREATE TABLE IF NOT EXISTS hydra_oauth2_code (
    signature          VARCHAR(255) NOT NULL,
    request_id         VARCHAR(40) NOT NULL DEFAULT '',
    requested_at       TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    client_id          VARCHAR(255) NOT NULL DEFAULT '',
    scope              TEXT NOT NULL,
    granted_scope      TEXT NOT NULL,
    form_data          TEXT NOT NULL,
    session_data       TEXT NOT NULL,
    subject            VARCHAR(255) NOT NULL DEFAULT '',
    active             TINYINT(1) NOT NULL DEFAULT true,
    requested_audience TEXT NOT NULL,
    granted_audience   TEXT NOT NULL,
    challenge_id       VARCHAR(40) NULL DEFAULT NULL,
    nid                CHAR(36) NOT NULL,
    expires_at         TIMESTAMP NULL DEFAULT NULL,
    PRIMARY KEY (signature),
    KEY hydra_oauth2_code_challenge_id_idx (challenge_id),
    KEY hydra_oauth2_code_client_id_fk (client_id, nid),
    KEY hydra_oauth2_code_nid_fk_idx (nid),
    CONSTRAINT hydra_oauth2_code_challenge_id_fk
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_code_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_code_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- OpenID Connect requests that wait for their ID token, by code.
CREATE TABLE IF NOT EXISTS hydra_oauth2_oidc (
    signature          VARCHAR(255) NOT NULL,
    request_id         VARCHAR(40) NOT NULL DEFAULT '',
    requested_at       TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    client_id          VARCHAR(255) NOT NULL DEFAULT '',
    scope              TEXT NOT NULL,
    granted_scope      TEXT NOT NULL,
    form_data          TEXT NOT NULL,
    session_data       TEXT NOT NULL,
    subject            VARCHAR(255) NOT NULL DEFAULT '',
    active             TINYINT(1) NOT NULL DEFAULT true,
    requested_audience TEXT NOT NULL,
    granted_audience   TEXT NOT NULL,
    challenge_id       VARCHAR(40) NULL DEFAULT NULL,
    nid                CHAR(36) NOT NULL,
    expires_at         TIMESTAMP NULL DEFAULT NULL,
    PRIMARY KEY (signature),
    KEY hydra_oauth2_oidc_challenge_id_idx (challenge_id),
    KEY hydra_oauth2_oidc_client_id_fk (client_id, nid),
    KEY hydra_oauth2_oidc_client_id_idx (client_id),
    KEY hydra_oauth2_oidc_nid_fk_idx (nid),
    CONSTRAINT hydra_oauth2_oidc_challenge_id_fk
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_oidc_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_oidc_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- PKCE challenges by code signature.
CREATE TABLE IF NOT EXISTS hydra_oauth2_pkce (
    signature          VARCHAR(255) NOT NULL,
    request_id         VARCHAR(40) NOT NULL DEFAULT '',
    requested_at       TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    client_id          VARCHAR(255) NOT NULL DEFAULT '',
    scope              TEXT NOT NULL,
    granted_scope      TEXT NOT NULL,
    form_data          TEXT NOT NULL,
    session_data       TEXT NOT NULL,
    subject            VARCHAR(255) NOT NULL,
    active             TINYINT(1) NOT NULL DEFAULT true,
    requested_audience TEXT NOT NULL,
    granted_audience   TEXT NOT NULL,
    challenge_id       VARCHAR(40) NULL DEFAULT NULL,
    nid                CHAR(36) NOT NULL,
    expires_at         TIMESTAMP NULL DEFAULT NULL,
    PRIMARY KEY (signature),
    KEY hydra_oauth2_pkce_challenge_id_idx (challenge_id),
    KEY hydra_oauth2_pkce_client_id_fk (client_id, nid),
    KEY hydra_oauth2_pkce_client_id_idx (client_id),
    KEY hydra_oauth2_pkce_nid_fk_idx (nid),
    CONSTRAINT hydra_oauth2_pkce_challenge_id_fk
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_pkce_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_pkce_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Device authorizations (RFC 8628).
CREATE TABLE IF NOT EXISTS hydra_oauth2_device_auth_codes (
    device_code_signature VARCHAR(255) NOT NULL,
    user_code_signature   VARCHAR(255) NOT NULL,
    request_id            VARCHAR(40) NOT NULL,
    requested_at          TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    client_id             VARCHAR(255) NOT NULL,
    scope                 VARCHAR(1024) NOT NULL,
    granted_scope         VARCHAR(1024) NOT NULL,
    form_data             VARCHAR(4096) NOT NULL,
    session_data          TEXT NOT NULL,
    subject               VARCHAR(255) NOT NULL DEFAULT '',
    device_code_active    TINYINT(1) NOT NULL DEFAULT true,
    user_code_state       SMALLINT NOT NULL DEFAULT 0,
    requested_audience    VARCHAR(1024) NOT NULL,
    granted_audience      VARCHAR(1024) NOT NULL,
    challenge_id          VARCHAR(40) NULL DEFAULT NULL,
    expires_at            TIMESTAMP NULL DEFAULT NULL,
    nid                   CHAR(36) NOT NULL,
    PRIMARY KEY (device_code_signature, nid),
    KEY hydra_oauth2_device_auth_codes_challenge_id_idx (challenge_id),
    KEY hydra_oauth2_device_auth_codes_client_id_idx (client_id, nid),
    KEY hydra_oauth2_device_auth_codes_request_id_idx (request_id, nid),
    UNIQUE KEY hydra_oauth2_device_auth_codes_user_code_signature_idx (nid, user_code_signature),
    CONSTRAINT hydra_oauth2_device_auth_codes_challenge_id_fkey
        FOREIGN KEY (challenge_id) REFERENCES hydra_oauth2_flow (consent_challenge_id) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_device_auth_codes_client_id_nid_fkey
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_device_auth_codes_nid_fkey
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Subject identifiers forced at login, per client.
CREATE TABLE IF NOT EXISTS hydra_oauth2_obfuscated_authentication_session (
    subject            VARCHAR(255) NOT NULL,
    client_id          VARCHAR(255) NOT NULL,
    subject_obfuscated VARCHAR(255) NOT NULL,
    nid                CHAR(36) NOT NULL,
    PRIMARY KEY (subject, client_id, nid),
    KEY hydra_oauth2_obfuscated_authentication_session_client_id_fk (client_id, nid),
    KEY hydra_oauth2_obfuscated_authentication_session_nid_fk_idx (nid),
    UNIQUE KEY hydra_oauth2_obfuscated_authentication_session_so_nid_idx (client_id, subject_obfuscated, nid),
    CONSTRAINT hydra_oauth2_obfuscated_authentication_session_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_obfuscated_authentication_session_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Logout requests of older releases; not written any more.
CREATE TABLE IF NOT EXISTS hydra_oauth2_logout_request (
    challenge    VARCHAR(36) NOT NULL,
    verifier     VARCHAR(36) NOT NULL,
    subject      VARCHAR(255) NOT NULL,
    sid          VARCHAR(36) NOT NULL,
    client_id    VARCHAR(255) NULL DEFAULT NULL,
    request_url  TEXT NOT NULL,
    redir_url    TEXT NOT NULL,
    was_used     TINYINT(1) NOT NULL DEFAULT false,
    accepted     TINYINT(1) NOT NULL DEFAULT false,
    rejected     TINYINT(1) NOT NULL DEFAULT false,
    rp_initiated TINYINT(1) NOT NULL DEFAULT false,
    nid          CHAR(36) NOT NULL,
    expires_at   TIMESTAMP NULL DEFAULT NULL,
    requested_at TIMESTAMP NULL DEFAULT NULL,
    PRIMARY KEY (challenge),
    KEY hydra_oauth2_logout_request_client_id_fk (client_id, nid),
    KEY hydra_oauth2_logout_request_nid_fk_idx (nid),
    UNIQUE KEY hydra_oauth2_logout_request_veri_idx (verifier),
    CONSTRAINT hydra_oauth2_logout_request_client_id_fk
        FOREIGN KEY (client_id, nid) REFERENCES hydra_client (id, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_logout_request_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Assertion ids that were used (RFC 7523).
CREATE TABLE IF NOT EXISTS hydra_oauth2_jti_blacklist (
    signature  VARCHAR(64) NOT NULL,
    expires_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    nid        CHAR(36) NOT NULL,
    PRIMARY KEY (signature, nid),
    KEY hydra_oauth2_jti_blacklist_expiry (expires_at, nid),
    KEY hydra_oauth2_jti_blacklist_nid_fk_idx (nid),
    CONSTRAINT hydra_oauth2_jti_blacklist_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Issuers trusted in the JWT bearer grant (RFC 7523), each with its key in hydra_jwk.
CREATE TABLE IF NOT EXISTS hydra_oauth2_trusted_jwt_bearer_issuer (
    id                VARCHAR(36) NOT NULL,
    issuer            VARCHAR(255) NOT NULL,
    subject           VARCHAR(255) NOT NULL,
    scope             TEXT NOT NULL,
    key_set           VARCHAR(255) NOT NULL,
    key_id            VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at        TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    expires_at        TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    nid               CHAR(36) NOT NULL,
    allow_any_subject TINYINT(1) NOT NULL DEFAULT false,
    PRIMARY KEY (id),
    KEY hydra_oauth2_trusted_jwt_bearer_issuer_expires_at_idx (expires_at),
    KEY hydra_oauth2_trusted_jwt_bearer_issuer_ibfk_1 (key_set, key_id, nid),
    KEY hydra_oauth2_trusted_jwt_bearer_issuer_nid_idx (id, nid),
    UNIQUE KEY hydra_oauth2_trusted_jwt_bearer_issuer_nid_uq_idx (nid, key_id, issuer, subject),
    CONSTRAINT hydra_oauth2_trusted_jwt_bearer_issuer_ibfk_1
        FOREIGN KEY (key_set, key_id, nid) REFERENCES hydra_jwk (sid, kid, nid) ON DELETE CASCADE,
    CONSTRAINT hydra_oauth2_trusted_jwt_bearer_issuer_nid_fk_idx
        FOREIGN KEY (nid) REFERENCES networks (id) ON UPDATE RESTRICT ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
