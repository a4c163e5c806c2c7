//! One `table!` for each of Hydra's tables that we read or write, with the columns that we use; and our own, `hx_…`.
//!
//! What Hydra has as INTEGER is INT8 on CockroachDB, except `hydra_oauth2_refresh.used_times`, and does not read as `Integer`
//! there. Writing such a column is fine, for both sides convert; whoever needs its value reads `CAST(… AS BIGINT)`.

diesel::table! {
    use diesel::sql_types::*;
    use crate::columns::{Document, Moment, RowId, Whole};

    hydra_client (id, nid) {
        id -> Text,
        nid -> RowId,
        client_name -> Text,
        client_secret -> Text,
        rotated_secrets -> Nullable<Document>,
        redirect_uris -> Document,
        grant_types -> Document,
        response_types -> Document,
        scope -> Text,
        audience -> Document,
        owner -> Text,
        policy_uri -> Text,
        allowed_cors_origins -> Document,
        tos_uri -> Text,
        client_uri -> Text,
        logo_uri -> Text,
        contacts -> Document,
        subject_type -> Text,
        sector_identifier_uri -> Text,
        jwks_uri -> Text,
        jwks -> Text,
        token_endpoint_auth_method -> Text,
        token_endpoint_auth_signing_alg -> Text,
        request_uris -> Document,
        request_object_signing_alg -> Text,
        userinfo_signed_response_alg -> Text,
        created_at -> Moment,
        updated_at -> Moment,
        frontchannel_logout_uri -> Text,
        frontchannel_logout_session_required -> Bool,
        post_logout_redirect_uris -> Document,
        backchannel_logout_uri -> Text,
        backchannel_logout_session_required -> Bool,
        metadata -> Text,
        registration_access_token_signature -> Text,
        access_token_strategy -> Text,
        skip_consent -> Bool,
        skip_logout_consent -> Nullable<Bool>,
        authorization_code_grant_access_token_lifespan -> Nullable<BigInt>,
        authorization_code_grant_id_token_lifespan -> Nullable<BigInt>,
        authorization_code_grant_refresh_token_lifespan -> Nullable<BigInt>,
        client_credentials_grant_access_token_lifespan -> Nullable<BigInt>,
        implicit_grant_access_token_lifespan -> Nullable<BigInt>,
        implicit_grant_id_token_lifespan -> Nullable<BigInt>,
        jwt_bearer_grant_access_token_lifespan -> Nullable<BigInt>,
        password_grant_access_token_lifespan -> Nullable<BigInt>,
        password_grant_refresh_token_lifespan -> Nullable<BigInt>,
        refresh_token_grant_id_token_lifespan -> Nullable<BigInt>,
        refresh_token_grant_access_token_lifespan -> Nullable<BigInt>,
        refresh_token_grant_refresh_token_lifespan -> Nullable<BigInt>,
        device_authorization_grant_id_token_lifespan -> Nullable<BigInt>,
        device_authorization_grant_access_token_lifespan -> Nullable<BigInt>,
        device_authorization_grant_refresh_token_lifespan -> Nullable<BigInt>,
    }
}

/// A table that says what was granted: those of tokens and codes begin with the same columns. What they mean is in
/// `records/grant.rs`.
macro_rules! grant_table {
    ($table:ident { $($own:tt)* }) => {
        diesel::table! {
            use diesel::sql_types::*;
            use crate::columns::{Moment, RowId, SessionText};

            $table (signature) {
                signature -> Text,
                request_id -> Text,
                requested_at -> Moment,
                client_id -> Text,
                scope -> Text,
                granted_scope -> Text,
                form_data -> Text,
                session_data -> SessionText,
                subject -> Text,
                active -> Bool,
                requested_audience -> Nullable<Text>,
                granted_audience -> Nullable<Text>,
                challenge_id -> Nullable<Text>,
                nid -> RowId,
                expires_at -> Nullable<Moment>,
                $($own)*
            }
        }
    };
}

grant_table!(hydra_oauth2_access {});

grant_table!(hydra_oauth2_refresh {
    first_used_at -> Nullable<Moment>,
    access_token_signature -> Nullable<Text>,
    used_times -> Nullable<Integer>,
});

grant_table!(hydra_oauth2_code {});
grant_table!(hydra_oauth2_pkce {});
grant_table!(hydra_oauth2_oidc {});

diesel::table! {
    use diesel::sql_types::*;
    use crate::columns::{BytesDocument, Document, Moment, RowId, Whole};

    hydra_oauth2_flow (login_challenge) {
        login_challenge -> Text,
        nid -> RowId,
        requested_at -> Moment,
        requested_scope -> Nullable<Document>,
        requested_at_audience -> Nullable<Document>,
        granted_scope -> Nullable<Document>,
        granted_at_audience -> Nullable<Document>,
        subject -> Nullable<Text>,
        client_id -> Nullable<Text>,
        request_url -> Nullable<Text>,
        acr -> Nullable<Text>,
        amr -> Nullable<Document>,
        oidc_context -> Nullable<BytesDocument>,
        context -> Nullable<Document>,
        login_session_id -> Nullable<Text>,
        consent_challenge_id -> Nullable<Text>,
        consent_skip -> Nullable<Bool>,
        consent_remember -> Nullable<Bool>,
        consent_remember_for -> Nullable<Whole>,
        consent_handled_at -> Nullable<Moment>,
        session_id_token -> Nullable<Document>,
        session_access_token -> Nullable<Document>,
        device_challenge_id -> Nullable<Text>,
        device_code_request_id -> Nullable<Text>,
        /// Of older releases; never written.
        state -> Nullable<Whole>,
        /// Computed by the database.
        expires_at -> Nullable<Moment>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(hydra_client, hydra_oauth2_flow);

diesel::table! {
    use diesel::sql_types::*;
    use crate::columns::{Moment, RowId};

    hydra_oauth2_authentication_session (id) {
        id -> Text,
        nid -> RowId,
        authenticated_at -> Nullable<Moment>,
        subject -> Text,
        remember -> Bool,
        identity_provider_session_id -> Nullable<Text>,
        expires_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::columns::RowId;

    hydra_oauth2_obfuscated_authentication_session (subject, client_id, nid) {
        subject -> Text,
        client_id -> Text,
        subject_obfuscated -> Text,
        nid -> RowId,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::columns::{Moment, RowId};

    hydra_oauth2_jti_blacklist (signature, nid) {
        signature -> Text,
        expires_at -> Moment,
        nid -> RowId,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::columns::{Moment, RowId};

    hx_client (id, nid) {
        id -> Text,
        nid -> RowId,
        id_token_signed_response_alg -> Text,
        client_created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::columns::{Moment, RowId};

    hx_refresh_answer (signature, nid) {
        signature -> Text,
        nid -> RowId,
        request_id -> Text,
        successor_signature -> Text,
        ask -> Text,
        binding -> Nullable<Text>,
        answer -> Binary,
        rotated_at -> Moment,
        expires_at -> Moment,
    }
}

diesel::allow_tables_to_appear_in_same_query!(hx_refresh_answer, hydra_oauth2_refresh);

diesel::table! {
    use diesel::sql_types::*;
    use crate::columns::{Moment, RowId, Whole};

    hydra_jwk (pk) {
        pk -> RowId,
        nid -> RowId,
        sid -> Text,
        kid -> Text,
        keydata -> Text,
        created_at -> Moment,
        pk_deprecated -> Nullable<Integer>,
    }
}
