//! The examples printed in the RFCs.

use token_jwt::{Algorithm, Jwk, SigningKey, VerifyingKey};

const CLAIMS: &str = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
const CLAIMS_ENCODED: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

fn key(json: &str) -> Jwk {
    Jwk::from_json(json).expect("the key of the RFC")
}

fn verified(key: &Jwk, token: &str) -> (Algorithm, String) {
    let verified = VerifyingKey::from_jwk(key).expect("usable").verify(token).expect("the token of the RFC");
    (verified.algorithm, String::from_utf8(verified.payload).expect("a text"))
}

#[test]
fn rfc_7515_appendix_a2_is_rs256() {
    let key = key(concat!(
        r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0B"#,
        "m4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KX",
        "BdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2et",
        r#"hFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#,
    ));
    let signature = concat!(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU",
        "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d",
        "O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig",
        "cN_IoypGlUPQGe77Rw",
    );
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{CLAIMS_ENCODED}.{signature}");
    assert_eq!(verified(&key, &token), (Algorithm::RS256, CLAIMS.to_owned()));
}

#[test]
fn rfc_7515_appendix_a3_is_es256() {
    let key = key(concat!(
        r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#,
        r#""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#,
    ));
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let token = format!("eyJhbGciOiJFUzI1NiJ9.{CLAIMS_ENCODED}.{signature}");
    assert_eq!(verified(&key, &token), (Algorithm::ES256, CLAIMS.to_owned()));
}

#[test]
fn rfc_7515_appendix_a4_is_es512() {
    let key = key(concat!(
        r#"{"kty":"EC","crv":"P-521","#,
        r#""x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","#,
        r#""y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#,
    ));
    let token = concat!(
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDK",
        "B34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    );
    assert_eq!(verified(&key, token), (Algorithm::ES512, "Payload".to_owned()));
}

const ED25519: &str = concat!(
    r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","#,
    r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
);

#[test]
fn rfc_8037_appendix_a4_is_eddsa() {
    let token = concat!(
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.",
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );
    assert_eq!(verified(&key(ED25519), token), (Algorithm::EdDSA, "Example of Ed25519 signing".to_owned()));
}

#[test]
fn eddsa_signatures_are_the_same_every_time() {
    let signer = SigningKey::from_jwk(&key(ED25519).with_kid("k")).expect("a private key");
    let token = signer.sign(&std::collections::BTreeMap::from([("sub", "alice")])).expect("signed");
    // {"alg":"EdDSA","kid":"k","typ":"JWT"} and {"sub":"alice"}
    assert!(token.starts_with("eyJhbGciOiJFZERTQSIsImtpZCI6ImsiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJhbGljZSJ9."), "{token}");
    assert_eq!(signer.sign(&std::collections::BTreeMap::from([("sub", "alice")])).ok(), Some(token));
}

#[test]
fn rfc_8037_appendix_a3_is_the_thumbprint_of_both_halves() {
    let private = key(ED25519);
    let public = private.to_public().expect("a public half");
    assert_eq!(private.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(public.thumbprint(), private.thumbprint());
}

#[test]
fn rfc_7638_section_3_1_is_the_thumbprint_of_an_rsa_key() {
    let key = key(concat!(
        r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJEC"#,
        "PebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8K",
        "JZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls",
        r#"1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#,
    ));
    assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}
