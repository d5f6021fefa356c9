//! Built-in TLS: 1.2 and 1.3, with the suites that rustls considers safe.

use std::path::PathBuf;

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::server::Tls;

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file cannot be read as PEM.
    #[error("{what} {path:?} cannot be read: {cause}")]
    File {
        /// Which file.
        what: &'static str,
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        cause: rustls_pki_types::pem::Error,
    },
    /// There is no certificate in the file.
    #[error("there is no certificate in {0:?}; it must hold the chain in PEM, our own first")]
    NoCertificate(PathBuf),
    /// Certificate and key do not go together.
    #[error("the certificate and the key cannot be used: {0}")]
    Pair(#[from] rustls::Error),
}

/// The configuration for a certificate and its key.
pub fn server_config(tls: &Tls) -> Result<ServerConfig, TlsFault> {
    let broken = |what, path: &PathBuf| {
        let path = path.clone();
        move |cause| TlsFault::File { what, path, cause }
    };
    let chain = CertificateDer::pem_file_iter(&tls.certificate_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(broken("the certificate", &tls.certificate_file))?;
    if chain.is_empty() {
        return Err(TlsFault::NoCertificate(tls.certificate_file.clone()));
    }
    let key = PrivateKeyDer::from_pem_file(&tls.key_file)
        .map_err(broken("the private key", &tls.key_file))?;
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(config)
}
