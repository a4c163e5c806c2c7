//! Names that cannot be mixed up: every identifier of the domain is a type of its own.

/// Declares a newtype over text: cheap to borrow, printable, comparable; what it names stands in its doc comment.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A `client_id` (RFC 6749 §2.2): any text of VSCHAR characters, made up by us (UUID v4) or chosen by the operator.
    ClientId
}

text_id! {
    /// What all tokens of one authorization share, and so the unit of revocation: the consent request id for logins
    /// (32 hex digits), a UUID for `client_credentials`.
    RequestId
}

text_id! {
    /// Primary key of a stored access token: the hex SHA-384 of the token's signature part. Rows of very old Hydra
    /// releases are keyed by the signature part itself. Knowing one does not let anybody use the token.
    AccessSignature
}

text_id! {
    /// Primary key of a stored refresh token: the token's signature part. Useless without the other half of the token.
    RefreshSignature
}

text_id! {
    /// Name of a set of JSON Web Keys, such as `hydra.openid.id-token`.
    KeySetName
}

text_id! {
    /// A `kid` (RFC 7517 §4.5).
    KeyId
}

text_id! {
    /// Primary key of a stored authorization code and of its PKCE challenge: the code's signature part. Useless without
    /// the other half of the code.
    CodeSignature
}

text_id! {
    /// What one authorization request is known by from its first visit on: 32 hex digits, later the primary key of the
    /// consent that came of it.
    FlowId
}

text_id! {
    /// A login session: a UUID with dashes. It is what the session cookie holds and what ID tokens call `sid`.
    LoginSessionId
}

/// What a browser must send back in a cookie to show that a login began in it: 32 hex digits. It stands in the cookie and
/// inside sealed challenges, and nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Csrf(String);

impl std::fmt::Debug for Csrf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Csrf(…)")
    }
}

text_id! {
    /// Primary key of the id (`jti`) of an assertion that was used: its hex SHA-256.
    JtiSignature
}

impl JtiSignature {
    /// The key of an id.
    pub fn of(jti: &str) -> Self {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, jti.as_bytes());
        Self(hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Whether expired ones are swept when this one is remembered: one in sixteen, as the hash falls.
    pub(crate) fn sweeps(&self) -> bool {
        self.0.ends_with('0')
    }
}

impl Csrf {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
    pub fn matches(&self, presented: &Csrf) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.0.as_bytes(), presented.0.as_bytes()).into()
    }
}
