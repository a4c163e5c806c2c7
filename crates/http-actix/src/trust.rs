//! Whom we believe to be who they say, when we call other servers over TLS: servers that an authority of the system vouches for,
//! and those whose very certificate stands among the authorities.
//!
//! The second is how many run servers of their own: `openssl req -x509` makes a certificate that signs itself and may sign others,
//! and the operator puts it where the authorities are. Hydra, browsers and OpenSSL take it; webpki alone does not let an authority
//! speak for itself.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use rustls_platform_verifier::Verifier;

/// How we speak TLS to others.
pub(crate) fn client_config() -> Result<ClientConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let trust = Trust::new(rustls_native_certs::load_native_certs().certs, Vec::new(), &provider)?;
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.dangerous().with_custom_certificate_verifier(Arc::new(trust)).with_no_client_auth())
}

#[derive(Debug)]
struct Trust {
    system: Verifier,
    /// The authorities, to the byte.
    authorities: Vec<CertificateDer<'static>>,
}

impl Trust {
    fn new(
        mut authorities: Vec<CertificateDer<'static>>,
        further: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let system = Verifier::new_with_extra_roots(further.clone(), Arc::clone(provider))?;
        authorities.extend(further);
        Ok(Self { system, authorities })
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.system.verify_server_cert(certificate, intermediates, name, ocsp_response, now) {
            // That it is the time for it has been looked at before; whose it is would have come afterwards.
            Err(why) if is_an_authority(&why) && self.authorities.contains(certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

/// Whether nothing is wrong but that the certificate may sign others.
fn is_an_authority(why: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = why else { return false };
    other.0.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
}

#[cfg(test)]
mod tests {
    use std::{error::Error as StdError, time::Duration};

    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};

    use super::*;

    /// A certificate for `op.example` of the years 2020 to 2030 that signs itself, and may sign others.
    fn of_its_own() -> Result<CertificateDer<'static>, Box<dyn StdError>> {
        let mut certificate = CertificateParams::new(["op.example".to_owned()])?;
        certificate.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (certificate.not_before, certificate.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2030, 1, 1));
        Ok(certificate.self_signed(&KeyPair::generate()?)?.der().clone())
    }

    #[test]
    fn an_authority_speaks_for_itself_under_its_name_and_in_its_time() -> Result<(), Box<dyn StdError>> {
        let (known, unknown) = (of_its_own()?, of_its_own()?);
        let trust = Trust::new(Vec::new(), vec![known.clone()], &Arc::new(aws_lc_rs::default_provider()))?;
        let verify = |certificate, name: &'static str, year: u64| {
            let now = UnixTime::since_unix_epoch(Duration::from_secs((year - 1970) * 31_557_600));
            trust
                .verify_server_cert(certificate, &[], &ServerName::try_from(name)?, &[], now)
                .map(drop)
                .map_err(Box::from)
        };
        let refused = |outcome: Result<(), Box<dyn StdError>>| format!("{:?}", outcome.err());
        verify(&known, "op.example", 2026)?;
        assert!(refused(verify(&known, "other.example", 2026)).contains("NotValidForName"));
        assert!(refused(verify(&known, "op.example", 2035)).contains("Expired"));
        assert!(refused(verify(&known, "op.example", 2015)).contains("NotValidYet"));
        assert!(refused(verify(&unknown, "op.example", 2026)).contains("CaUsedAsEndEntity"));
        Ok(())
    }
}
