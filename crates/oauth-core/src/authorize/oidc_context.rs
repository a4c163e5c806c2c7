//! What OpenID Connect asked for, as the login and consent applications get to see it (`oidc_context`).

use serde_json::Value;

use super::AuthorizeRequest;
use crate::token::Claims;

/// Members that are empty are left out.
pub(crate) fn of(request: &AuthorizeRequest) -> Claims {
    let list = |words: &[String]| (!words.is_empty()).then(|| Value::from(words.to_vec()));
    let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
    // The hint was verified when the request came in; here only its content counts.
    let hint = request.id_token_hint.as_ref().and_then(|hint| {
        let payload = token_jwt::peek_payload(hint.expose()).ok()?;
        serde_json::from_slice::<Claims>(&payload).ok()
    });
    let members = [
        ("acr_values", list(&request.acr_values)),
        ("ui_locales", list(&request.ui_locales)),
        ("display", text(&request.display)),
        ("id_token_hint_claims", hint.filter(|claims| !claims.is_empty()).map(Value::Object)),
        ("login_hint", text(&request.login_hint)),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
