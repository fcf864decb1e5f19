//! Throw-away certificates and keys of one control plane, as PEM files in its folder.
//!
//! Left to others: who presents them (`kubeconfig.rs`, the flags in `components.rs`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};

/// Whom the API server's certificate names: loopback, a guest's view of its host (QEMU's user
/// network), and what programs inside a cluster call it.
const API_SERVER_NAMES: [&str; 7] = [
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "127.0.0.1",
    "10.0.2.2",
    "10.96.0.1",
];

/// A certificate and its key, as files.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// The certificates of a control plane.
#[derive(Debug)]
pub(super) struct Pki {
    /// The certificate of the authority that signed all others.
    pub(super) authority: PathBuf,
    /// The key that signs the tokens of service accounts.
    pub(super) token_signer: PathBuf,
    /// The public key that tells whether it did.
    pub(super) token_verifier: PathBuf,
    pub(super) api_server: Identity,
    /// A member of `system:masters`.
    pub(super) admin: Identity,
    pub(super) controller_manager: Identity,
    pub(super) scheduler: Identity,
    /// The kubelets of real nodes, by the node's name.
    pub(super) kubelets: BTreeMap<String, Identity>,
}

impl Pki {
    /// Makes an authority and what it signs in `folder`, also for the kubelets of these nodes.
    ///
    /// # Errors
    /// When a key cannot be made or a file not be written.
    pub(super) fn make(folder: &Path, nodes: &[String]) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let key = KeyPair::generate().context("making the authority's key")?;
        let mut params = CertificateParams::default();
        params.distinguished_name = subject("bench-ca", None);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).context("signing the authority")?;
        let authority = write(folder, "ca.crt", &certificate.pem())?;
        let issuer = Issuer::new(params, key);
        let tokens = KeyPair::generate().context("making the key of the tokens")?;
        let token_signer = write(folder, "tokens.key", &tokens.serialize_pem())?;
        let token_verifier = write(folder, "tokens.pub", &tokens.public_key_pem())?;
        let client = |name: &str, group: Option<&str>, file: &str| {
            let usage = ExtendedKeyUsagePurpose::ClientAuth;
            sign(folder, &issuer, subject(name, group), &[], usage, file)
        };
        let kubelet = |node: &String| -> Result<_> {
            let user = format!("system:node:{node}");
            let identity = client(&user, Some("system:nodes"), &format!("kubelet-{node}"))?;
            Ok((node.clone(), identity))
        };
        Ok(Self {
            kubelets: nodes.iter().map(kubelet).collect::<Result<_>>()?,
            authority,
            token_signer,
            token_verifier,
            api_server: sign(
                folder,
                &issuer,
                subject("kube-apiserver", None),
                &API_SERVER_NAMES,
                ExtendedKeyUsagePurpose::ServerAuth,
                "kube-apiserver",
            )?,
            admin: client("admin", Some("system:masters"), "admin")?,
            controller_manager: client("system:kube-controller-manager", None, "controllers")?,
            scheduler: client("system:kube-scheduler", None, "scheduler")?,
        })
    }
}

/// A subject: the common name is the user, the organization the group.
fn subject(name: &str, group: Option<&str>) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    if let Some(group) = group {
        subject.push(DnType::OrganizationName, group);
    }
    subject
}

fn sign(
    folder: &Path,
    issuer: &Issuer<'_, KeyPair>,
    subject: DistinguishedName,
    names: &[&str],
    usage: ExtendedKeyUsagePurpose,
    file: &str,
) -> Result<Identity> {
    let key = KeyPair::generate().with_context(|| format!("making the key of {file}"))?;
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params =
        CertificateParams::new(names).with_context(|| format!("the names of {file}"))?;
    params.distinguished_name = subject;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    let certificate = params
        .signed_by(&key, issuer)
        .with_context(|| format!("signing {file}"))?;
    Ok(Identity {
        certificate: write(folder, &format!("{file}.crt"), &certificate.pem())?,
        key: write(folder, &format!("{file}.key"), &key.serialize_pem())?,
    })
}

fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
