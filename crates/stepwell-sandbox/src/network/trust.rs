//! Whose certificates are accepted, and the configuration of TLS that follows from it.

use std::fmt;
use std::sync::{Arc, OnceLock};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

/// The certificate authorities of the web, and those that a host adds. TLS is set up when a step needs
/// it for the first time, and once per process.
#[derive(Default)]
pub struct Trust {
    added: Vec<CertificateDer<'static>>,
    configuration: OnceLock<Arc<ClientConfig>>,
}

/// Why certificates cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The file is none of PEM, or damaged.
    #[error("the certificates cannot be read: {0}")]
    Unreadable(String),
    /// There is none in it.
    #[error("there is no certificate between `-----BEGIN CERTIFICATE-----` and its end")]
    Empty,
    /// It cannot sign others.
    #[error("certificate {number} is no authority: {why}")]
    NoAuthority {
        /// Which, from 1.
        number: usize,
        /// Why.
        why: String,
    },
}

impl Trust {
    /// Also trusts the authorities of a PEM file, such as that of a company.
    ///
    /// # Errors
    ///
    /// They cannot be read, or cannot sign others.
    pub fn with_pem(pem: &[u8]) -> Result<Self, TrustError> {
        let added: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let added = added.map_err(|error| TrustError::Unreadable(error.to_string()))?;
        if added.is_empty() {
            return Err(TrustError::Empty);
        }
        let mut store = RootCertStore::empty();
        for (index, certificate) in added.iter().enumerate() {
            store
                .add(certificate.clone())
                .map_err(|error| TrustError::NoAuthority {
                    number: index + 1,
                    why: error.to_string(),
                })?;
        }
        Ok(Self {
            added,
            configuration: OnceLock::new(),
        })
    }

    pub(crate) fn connector(&self) -> Result<TlsConnector, Error> {
        if let Some(configuration) = self.configuration.get() {
            return Ok(Arc::clone(configuration).into());
        }
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        for certificate in &self.added {
            roots.add(certificate.clone())?;
        }
        let mut configuration = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
        let configuration = self.configuration.get_or_init(|| Arc::new(configuration));
        Ok(Arc::clone(configuration).into())
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trust(the web's and {} more)", self.added.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_says_so() {
        assert_eq!(Trust::with_pem(b"").unwrap_err(), TrustError::Empty);
        assert_eq!(Trust::with_pem(b"no PEM").unwrap_err(), TrustError::Empty);
        let wrap = |text: &str| {
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        };
        let error = Trust::with_pem(wrap("!").as_bytes()).unwrap_err();
        assert!(matches!(error, TrustError::Unreadable(_)), "{error}");
        let error = Trust::with_pem(wrap("AAAA").as_bytes()).unwrap_err();
        assert!(
            matches!(error, TrustError::NoAuthority { number: 1, .. }),
            "{error}"
        );
    }
}
