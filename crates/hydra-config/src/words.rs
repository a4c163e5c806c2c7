//! Settings that are one word of a short list, each an enum that knows its words.

/// A setting whose value is one of a few words.
pub(crate) trait Word: Copy + 'static {
    /// The variant of this word, spelled exactly.
    fn from_word(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($( $(#[$about:meta])* $name:ident { $( $(#[$meaning:meta])* $variant:ident = $word:literal ),+ $(,)? } )+) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $( $(#[$meaning])* $variant, )+
        }

        impl $name {
            /// Every word, as it is written in a configuration.
            pub const WORDS: &[&str] = &[$($word),+];

            /// The word, as it is written in a configuration.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl Word for $name {
            fn from_word(word: &str) -> Option<Self> {
                match word { $( $word => Some(Self::$variant), )+ _ => None }
            }
        }
    )+ };
}

words! {
    /// `log.level`: from the fewest lines to the most.
    LogLevel {
        /// Only what ends the process by a panic.
        Panic = "panic",
        /// Only what ends the process.
        Fatal = "fatal",
        /// What went wrong.
        Error = "error",
        /// What looks wrong.
        Warn = "warn",
        /// What happens, one line per request.
        Info = "info",
        /// How it happens.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
    /// `log.format`: how a log line is written.
    LogFormat {
        /// One JSON object per line.
        Json = "json",
        /// JSON over several lines.
        JsonPretty = "json_pretty",
        /// `key=value` pairs.
        Text = "text",
    }
    /// `strategies.scope`: how a requested scope is held against the allowed ones.
    ScopeStrategy {
        /// Letter by letter.
        Exact = "exact",
        /// `*` stands for one dotted part.
        Wildcard = "wildcard",
    }
    /// `strategies.access_token`: what access tokens look like unless the client says otherwise.
    AccessTokenStrategy {
        /// Random text, looked up by introspection.
        Opaque = "opaque",
        /// Signed JSON (RFC 9068 in spirit).
        Jwt = "jwt",
    }
    /// `strategies.jwt.scope_claim`: how a JWT access token carries its scope.
    ScopeClaim {
        /// `scp`, a list.
        List = "list",
        /// `scope`, text with blanks between.
        String = "string",
        /// Both claims.
        Both = "both",
    }
    /// One of `oidc.subject_identifiers.supported_types` (OpenID Connect Core §8).
    SubjectType {
        /// The same `sub` for every client.
        Public = "public",
        /// Another `sub` for each sector.
        Pairwise = "pairwise",
    }
    /// `oauth2.hashers.algorithm`: how *new* client secrets are hashed.
    HashAlgorithm {
        /// PBKDF2 with HMAC-SHA-256.
        Pbkdf2 = "pbkdf2",
        /// bcrypt.
        Bcrypt = "bcrypt",
    }
    /// `oauth2.device_authorization.user_code.entropy_preset`: how hard a user code is to guess, and to type.
    CodePreset {
        /// 8 letters and digits, without those that look alike.
        High = "high",
        /// 8 capital letters.
        Medium = "medium",
        /// 9 digits.
        Low = "low",
    }
    /// `…_hook.auth.config.in`: where a hook's credential travels.
    CredentialPlace {
        /// In a request header.
        Header = "header",
        /// In a cookie.
        Cookie = "cookie",
    }
    /// `serve.cookies.same_site_mode`: the SameSite attribute of our cookies.
    SameSite {
        /// Not even sent when a link leads here.
        Strict = "Strict",
        /// Sent when a link leads here.
        Lax = "Lax",
        /// Always sent; browsers want `Secure` with it.
        None = "None",
    }
    /// `tracing.provider`: where spans go.
    TracingProvider {
        /// A Jaeger agent.
        Jaeger = "jaeger",
        /// An OpenTelemetry collector over OTLP/HTTP; its settings are under `tracing.providers.otlp`.
        Otel = "otel",
        /// A Zipkin server.
        Zipkin = "zipkin",
    }
    /// `profiling`: accepted for compatibility.
    Profiling {
        /// Where time goes.
        Cpu = "cpu",
        /// Where memory goes.
        Mem = "mem",
    }
    /// `oauth2.grant.refresh_token.rotation`: which refresh tokens are replaced when they are used.
    Rotation {
        /// Every one.
        Always = "always",
        /// Those of clients without a secret.
        Public = "public",
        /// None.
        Never = "never",
    }
    /// `oauth2.grant.refresh_token.on_reuse`: what a second use of a refresh token costs.
    OnReuse {
        /// The whole authorization.
        Revoke = "revoke",
        /// The request, if the client proved who it is.
        Refuse = "refuse",
    }
}

/// The kinds of authentication a hook can have: one, so far.
pub(crate) const HOOK_AUTH: &[&str] = &["api_key"];

/// The methods that `cors.allowed_methods` may list.
pub(crate) const METHODS: &[&str] = &["POST", "GET", "PUT", "PATCH", "DELETE", "CONNECT", "HEAD", "OPTIONS", "TRACE"];
