//! `POST /credentials` (OpenID Connect userinfo credentials, draft 00).

use actix_web::{HttpResponse, http::StatusCode};
use hydra_api::{CredentialResponse, ProofMissing};
use oauth_core::{
    Error,
    credentials::{CredentialAnswer, CredentialProof, CredentialRequest},
};
use serde::Serialize;

use crate::{
    error::{BearerFailure, Reason},
    extract::{BearerHeader, RawBody, parse},
    respond::{NO_STORE, json_bytes},
    state::Shared,
};

pub(crate) async fn issue(state: Shared, token: BearerHeader, body: RawBody) -> Result<HttpResponse, BearerFailure> {
    let request = read(&body.0).map_err(|why| Error::BadCredentialRequest(why.description()));
    Ok(match state.provider.credential(token.0?, request).await? {
        CredentialAnswer::Issued(credential) => answer(
            StatusCode::OK,
            &CredentialResponse { format: "jwt_vc_json", credential_draft_00: credential.into_exposed() },
        ),
        CredentialAnswer::ProofWanted(fresh) => answer(
            StatusCode::BAD_REQUEST,
            &ProofMissing {
                format: "jwt_vc",
                c_nonce: fresh.nonce.into_exposed(),
                c_nonce_expires_in: fresh.expires_in,
                error: "missing_proof",
                error_description: "The request has no proof of a key. Sign 'c_nonce' as the claim 'nonce' of a JWT with the public key \
                                    in its header ('jwk'), and send that as 'proof'.",
            },
        ),
    })
}

fn read(body: &[u8]) -> Result<CredentialRequest, Reason> {
    let request: hydra_api::CredentialRequest = parse(body)?;
    let proof = request.proof.map(|proof| CredentialProof { proof_type: proof.proof_type, jwt: proof.jwt });
    Ok(CredentialRequest { format: request.format, proof })
}

/// Nobody may keep what a token opened.
fn answer<T: Serialize>(status: StatusCode, value: &T) -> HttpResponse {
    let mut body = json_bytes(value);
    body.push(b'\n');
    HttpResponse::build(status).insert_header(NO_STORE).content_type("application/json; charset=utf-8").body(body)
}
