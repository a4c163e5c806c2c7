//! Consent: what may the application do in the user's name?

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Form, Query},
};
use hydra_api::{AcceptConsent, ConsentClaims, ConsentRequest};

use crate::{
    hydra::{Hydra, Trouble},
    page::{Challenge, escaped, form, go_on, page},
};

pub(crate) async fn ask(hydra: Data<Hydra>, Query(asked): Query<Challenge>) -> Result<HttpResponse, Trouble> {
    let request: ConsentRequest = hydra.request("consent", &asked.challenge).await?;
    if request.skip || request.client.skip_consent {
        // The user allowed this before, or the application is one of your own.
        let known = consent(&request, request.requested_scope.clone(), false);
        return Ok(go_on(hydra.accept("consent", &asked.challenge, &known).await?));
    }
    Ok(show(&asked.challenge, &request))
}

/// The form comes as pairs, for each scope that is ticked is a `scope` of its own.
pub(crate) async fn decide(
    hydra: Data<Hydra>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Trouble> {
    let all = |name: &'static str| pairs.iter().filter(move |(own, _)| own == name).map(|(_, value)| value);
    let challenge = all("challenge").next().map_or("", String::as_str);
    if !all("verdict").any(|verdict| verdict == "yes") {
        return Ok(go_on(hydra.reject("consent", challenge, "The user did not allow it.").await?));
    }
    // What was asked for is what the server says, never what a form says.
    let request: ConsentRequest = hydra.request("consent", challenge).await?;
    let ticked = all("scope").filter(|scope| request.requested_scope.contains(scope)).cloned().collect();
    let allowed = consent(&request, ticked, all("remember").next().is_some());
    Ok(go_on(hydra.accept("consent", challenge, &allowed).await?))
}

/// Claims belong to what was allowed. This one is made up; yours come from your users.
fn consent(request: &ConsentRequest, scope: Vec<String>, remember: bool) -> AcceptConsent {
    let mut session = ConsentClaims::default();
    if scope.iter().any(|scope| scope == "email") {
        session.id_token.insert("email".to_owned(), format!("{}@users.example", request.subject).into());
    }
    AcceptConsent {
        grant_scope: scope,
        grant_access_token_audience: request.requested_access_token_audience.clone(),
        session,
        remember,
        remember_for: 30 * 24 * 60 * 60,
        ..AcceptConsent::default()
    }
}

fn show(challenge: &str, request: &ConsentRequest) -> HttpResponse {
    let client = Some(&request.client.client_name).filter(|name| !name.is_empty()).unwrap_or(&request.client.client_id);
    let box_of = |scope: &String| {
        let scope = escaped(scope);
        format!("<p><label><input name=\"scope\" type=\"checkbox\" value=\"{scope}\" checked> {scope}</label></p>")
    };
    let fields = format!(
        "<fieldset><legend>{} may, in your name,</legend>{}</fieldset>\
         <p><label><input name=\"remember\" type=\"checkbox\"> Do not ask again for 30 days</label></p>",
        escaped(client),
        request.requested_scope.iter().map(box_of).collect::<String>(),
    );
    page(StatusCode::OK, "Allow access?", &form("consent", challenge, &fields, "Allow"))
}
