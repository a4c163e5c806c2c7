//! The credentials endpoint (OpenID Connect userinfo credentials, draft 00).

use serde::{Deserialize, Serialize};

/// What a holder asks for.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CredentialRequest {
    /// `jwt_vc_json`.
    pub format: String,
    /// Types of the credential.
    pub types: Vec<String>,
    /// Proof that the holder has a key.
    pub proof: Option<CredentialProof>,
}

/// Proof that the holder has a key.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CredentialProof {
    /// `jwt`.
    pub proof_type: String,
    /// The proof.
    pub jwt: String,
}

/// A credential.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct CredentialResponse {
    /// `jwt_vc_json`.
    pub format: &'static str,
    /// The credential: a JWT.
    pub credential_draft_00: String,
}

/// A proof is wanted, and the nonce to make it with.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ProofMissing {
    /// `jwt_vc`.
    pub format: &'static str,
    /// The nonce.
    pub c_nonce: String,
    /// Seconds for which it works.
    pub c_nonce_expires_in: i64,
    /// `missing_proof`.
    pub error: &'static str,
    /// What to do.
    pub error_description: &'static str,
}
