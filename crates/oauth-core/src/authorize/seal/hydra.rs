//! The form in which Hydra seals its flows: one JSON object for all states, members in a fixed order, the client inside.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{
    Error,
    authorize::flow::{
        AwaitingConsent, AwaitingLogin, Consent, ConsentDone, Login, LoginDone, Origin, Rejection, Remembered,
    },
    authorize::oidc_context,
    authorize::request::AuthorizeRequest,
    ids::{Csrf, FlowId, LoginSessionId, RequestId},
    token::{Claims, Form},
};

/// `q`: how far a flow is.
mod step {
    pub(super) const LOGIN_UNUSED: u8 = 2;
    pub(super) const CONSENT_UNUSED: u8 = 5;
    pub(super) const LOGIN_ERROR: u8 = 128;
    pub(super) const CONSENT_ERROR: u8 = 129;
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// A flow as JSON. Members that Hydra leaves out when they are empty are left out here as well.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::authorize) struct Flow {
    i: String,
    n: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ra: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    ls: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    s: String,
    oc: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<Claims>,
    #[serde(skip_serializing_if = "String::is_empty")]
    ci: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    r: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    si: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    is: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    lc: String,
    ia: Option<Time>,
    q: u8,
    #[serde(skip_serializing_if = "is_false")]
    lr: bool,
    #[serde(skip_serializing_if = "is_zero")]
    lf: i64,
    #[serde(skip_serializing_if = "is_false")]
    ll: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    a: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    am: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    fs: String,
    ct: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    le: Option<Refused>,
    la: Option<Time>,
    #[serde(skip_serializing_if = "String::is_empty")]
    di: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    dr: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    dc: String,
    dh: Option<Time>,
    #[serde(skip_serializing_if = "String::is_empty")]
    cc: String,
    #[serde(skip_serializing_if = "is_false")]
    cs: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    cr: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ga: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    ce: bool,
    cf: Option<i64>,
    ch: Option<Time>,
    cx: Option<Refused>,
    st: Option<Claims>,
    sa: Option<Claims>,
}

/// A time as Go writes it: with as many digits of the second as there are.
#[derive(Clone, Copy, Debug)]
struct Time(DateTime<Utc>);

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_rfc3339_opts(SecondsFormat::Nanos, true);
        let digits = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
        to.collect_str(&format_args!("{digits}Z"))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        DateTime::deserialize(from).map(Self)
    }
}

/// Why an application refused.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Refused {
    error: String,
    error_description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    error_hint: String,
    status_code: u16,
    #[serde(skip_serializing_if = "String::is_empty")]
    error_debug: String,
    valid: bool,
}

impl From<&Rejection> for Refused {
    fn from(rejection: &Rejection) -> Self {
        Self {
            error: rejection.error.clone(),
            error_description: rejection.description.clone(),
            status_code: rejection.status,
            valid: true,
            ..Self::default()
        }
    }
}

impl Refused {
    fn rejection(self, asked: &'static str) -> Rejection {
        Rejection::new(&self.error, &self.error_description, &self.error_hint, Some(self.status_code), asked)
    }
}

/// A state that has a form at Hydra.
pub(in crate::authorize) trait InHydrasForm: Sized {
    /// Writes what this state adds to its origin.
    fn add_to(&self, flow: &mut Flow);

    /// Reads it back.
    fn from_flow(origin: Origin, flow: Flow) -> Option<Self>;

    /// Where it began.
    fn began(&self) -> &Origin;
}

/// The JSON of a state.
pub(super) fn write<T: InHydrasForm>(
    state: &T,
    network: Uuid,
    authorization_url: &str,
    client: Claims,
) -> Result<Vec<u8>, Error> {
    let unwritable = |why: &dyn std::fmt::Display| Error::Internal(format!("a login cannot be written: {why}"));
    let origin = state.began();
    let request = AuthorizeRequest::parse(&Form::new(origin.parameters.clone(), true))?;
    let mut flow = Flow {
        i: origin.flow.as_str().to_owned(),
        n: network.to_string(),
        rs: request.scopes()?,
        ra: request.audience.clone(),
        oc: Some(Value::Object(oidc_context::of(&request))),
        c: Some(client),
        ci: request.client_id.map(|id| id.to_string()).unwrap_or_default(),
        r: super::super::request_url(authorization_url, &origin.parameters),
        si: origin.session.as_str().to_owned(),
        lc: origin.login_csrf.as_str().to_owned(),
        ia: Some(Time(origin.began_at)),
        ..Flow::default()
    };
    state.add_to(&mut flow);
    serde_json::to_vec(&flow).map_err(|why| unwritable(&why))
}

/// A state from JSON that was made for this network and step.
pub(super) fn read<T: InHydrasForm>(json: &[u8], network: Uuid) -> Option<T> {
    let flow: Flow = serde_json::from_slice(json).ok()?;
    if Uuid::try_parse(&flow.n).ok()? != network {
        return None;
    }
    let query = url::Url::parse(&flow.r).ok()?;
    let parameters = query.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let origin = Origin {
        flow: FlowId::new(flow.i.as_str()),
        parameters,
        // There is no place for it in this form.
        is_fixed: false,
        began_at: flow.ia?.0,
        host: query.host_str().map(str::to_owned),
        session: LoginSessionId::new(flow.si.as_str()),
        login_csrf: Csrf::new(flow.lc.as_str()),
    };
    T::from_flow(origin, flow)
}

fn raw(json: &Option<String>) -> Option<Box<RawValue>> {
    json.clone().and_then(|json| RawValue::from_string(json).ok())
}

fn text(json: Option<Box<RawValue>>) -> Option<String> {
    json.map(|json| json.get().to_owned()).filter(|json| json != "null")
}

impl InHydrasForm for AwaitingLogin {
    fn add_to(&self, flow: &mut Flow) {
        flow.q = step::LOGIN_UNUSED;
        if let Some(remembered) = &self.remembered {
            flow.ls = true;
            flow.s.clone_from(&remembered.subject);
            flow.la = Some(Time(remembered.authenticated_at));
        }
    }

    fn from_flow(origin: Origin, flow: Flow) -> Option<Self> {
        let remembered = match (flow.ls, flow.la) {
            (true, Some(at)) => Some(Remembered { subject: flow.s, authenticated_at: at.0 }),
            (true, None) => return None,
            (false, _) => None,
        };
        Some(Self { origin, remembered })
    }

    fn began(&self) -> &Origin {
        &self.origin
    }
}

fn add_login(login: &Login, flow: &mut Flow) {
    flow.ls = login.skipped;
    flow.s.clone_from(&login.subject);
    flow.is.clone_from(&login.identity_provider_session_id);
    (flow.lr, flow.lf, flow.ll) = (login.remember, login.remember_for, login.extend_session_lifespan);
    flow.a.clone_from(&login.acr);
    flow.am.clone_from(&login.amr);
    flow.fs.clone_from(&login.force_subject_identifier);
    flow.ct = raw(&login.context);
    flow.la = Some(Time(login.authenticated_at));
}

fn take_login(flow: &mut Flow) -> Option<Login> {
    use std::mem::take;
    Some(Login {
        subject: take(&mut flow.s),
        authenticated_at: flow.la?.0,
        skipped: flow.ls,
        remember: flow.lr,
        remember_for: flow.lf,
        extend_session_lifespan: flow.ll,
        acr: take(&mut flow.a),
        amr: take(&mut flow.am),
        identity_provider_session_id: take(&mut flow.is),
        force_subject_identifier: take(&mut flow.fs),
        context: text(flow.ct.take()),
    })
}

impl InHydrasForm for LoginDone {
    fn add_to(&self, flow: &mut Flow) {
        match &self.outcome {
            Ok(login) => {
                flow.q = step::LOGIN_UNUSED;
                add_login(login, flow);
            }
            Err(rejection) => {
                flow.q = step::LOGIN_ERROR;
                flow.le = Some(rejection.into());
            }
        }
    }

    fn from_flow(origin: Origin, mut flow: Flow) -> Option<Self> {
        let outcome = match (flow.q, flow.le.take()) {
            (step::LOGIN_ERROR, refused) => Err(refused.unwrap_or_default().rejection("login")),
            (step::LOGIN_UNUSED, Some(refused)) if refused.valid => Err(refused.rejection("login")),
            (step::LOGIN_UNUSED, _) => Ok(take_login(&mut flow)?),
            _ => return None,
        };
        Some(Self { origin, outcome })
    }

    fn began(&self) -> &Origin {
        &self.origin
    }
}

impl InHydrasForm for AwaitingConsent {
    fn add_to(&self, flow: &mut Flow) {
        flow.q = step::CONSENT_UNUSED;
        add_login(&self.login, flow);
        flow.cc = self.id.as_str().to_owned();
        flow.cs = self.skip;
        flow.cr = self.consent_csrf.as_str().to_owned();
    }

    fn from_flow(origin: Origin, mut flow: Flow) -> Option<Self> {
        Some(Self {
            origin,
            login: take_login(&mut flow)?,
            id: RequestId::new(flow.cc),
            skip: flow.cs,
            consent_csrf: Csrf::new(flow.cr),
        })
    }

    fn began(&self) -> &Origin {
        &self.origin
    }
}

impl InHydrasForm for ConsentDone {
    fn add_to(&self, flow: &mut Flow) {
        self.asked.add_to(flow);
        match &self.outcome {
            Ok(consent) => {
                flow.gs.clone_from(&consent.granted_scope);
                flow.ga.clone_from(&consent.granted_audience);
                (flow.ce, flow.cf) = (consent.remember, Some(consent.remember_for.into()));
                flow.ch = Some(Time(consent.handled_at));
                if consent.context.is_some() {
                    flow.ct = raw(&consent.context);
                }
                flow.st = Some(consent.id_token_claims.clone());
                flow.sa = Some(consent.access_token_claims.clone());
            }
            Err(rejection) => {
                flow.q = step::CONSENT_ERROR;
                flow.cx = Some(rejection.into());
            }
        }
    }

    fn from_flow(origin: Origin, mut flow: Flow) -> Option<Self> {
        let outcome = match (flow.q, flow.cx.take()) {
            (step::CONSENT_ERROR, refused) => Err(refused.unwrap_or_default().rejection("consent")),
            (step::CONSENT_UNUSED, Some(refused)) if refused.valid => Err(refused.rejection("consent")),
            (step::CONSENT_UNUSED, _) => Ok(Consent {
                granted_scope: std::mem::take(&mut flow.gs),
                granted_audience: std::mem::take(&mut flow.ga),
                remember: flow.ce,
                remember_for: i32::try_from(flow.cf.unwrap_or(0)).unwrap_or(i32::MAX),
                handled_at: flow.ch?.0,
                // Hydra keeps one context, which the consent application may have replaced.
                context: None,
                id_token_claims: flow.st.take().unwrap_or_default(),
                access_token_claims: flow.sa.take().unwrap_or_default(),
            }),
            _ => return None,
        };
        Some(Self { asked: AwaitingConsent::from_flow(origin, flow)?, outcome })
    }

    fn began(&self) -> &Origin {
        &self.asked.origin
    }
}

/// A logout as Hydra seals it; see [`crate::logout`].
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LogoutJson {
    pub(crate) challenge: String,
    pub(crate) subject: String,
    pub(crate) sid: String,
    pub(crate) request_url: String,
    pub(crate) rp_initiated: bool,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) requested_at: Option<DateTime<Utc>>,
    pub(crate) client: Option<Claims>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) redir_url: String,
    pub(crate) nid: String,
}
