//! TLS for `--https`: a key and a certificate that exist only as long as the command runs.

use std::{error::Error, num::TryFromIntError, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Datelike, FixedOffset, TimeDelta, Utc};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use tokio_rustls::TlsAcceptor;

use crate::failure::Failure;

const DAYS: i64 = 31;
/// Under these names the pages can be reached from this machine.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Makes the certificate. Also says its fingerprint, by which a person can recognise it in the browser's warning.
pub(super) fn make(now: DateTime<FixedOffset>) -> Result<(TlsAcceptor, String), Failure> {
    let (config, fingerprint) = config(now.to_utc())
        .map_err(|error| Failure::Message(format!("--https: no certificate can be made: {error}")))?;
    Ok((TlsAcceptor::from(Arc::new(config)), fingerprint))
}

fn config(now: DateTime<Utc>) -> Result<(ServerConfig, String), Box<dyn Error>> {
    let key = KeyPair::generate()?;
    let mut certificate = CertificateParams::new(NAMES.map(str::to_owned))?;
    certificate.distinguished_name = DistinguishedName::new();
    certificate.distinguished_name.push(DnType::CommonName, "hydra perform authorization-code");
    certificate.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let midnight = |day: DateTime<Utc>| {
        Ok::<_, TryFromIntError>(date_time_ymd(day.year(), day.month().try_into()?, day.day().try_into()?))
    };
    // A day earlier for clocks that are behind.
    certificate.not_before = midnight(now - TimeDelta::days(1))?;
    certificate.not_after = midnight(now + TimeDelta::days(DAYS))?;
    let certificate: CertificateDer<'static> = certificate.self_signed(&key)?.into();
    let fingerprint = fingerprint(&certificate);
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, fingerprint))
}

fn fingerprint(certificate: &[u8]) -> String {
    let bytes = digest(&SHA256, certificate);
    bytes.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}
