//! Kubeconfig files: one server, one user, one context each. Written as JSON, which is YAML.
//!
//! Left to others: whether the server accepts the user.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::pki::Identity;

/// A user's part of a kubeconfig: the certificate and its key.
pub(super) fn by_certificate(identity: &Identity) -> Value {
    json!({"client-certificate": identity.certificate, "client-key": identity.key})
}

/// A user's part of a kubeconfig: a bearer token.
pub(super) fn by_token(token: &str) -> Value {
    json!({"token": token})
}

/// A user's part of a kubeconfig: one who may act for others acts for this user.
pub(super) fn acting_for(identity: &Identity, user: &str, groups: &[&str]) -> Value {
    let mut value = by_certificate(identity);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("as".to_owned(), json!(user));
        fields.insert("as-groups".to_owned(), json!(groups));
    }
    value
}

/// Writes the kubeconfig of a user at a server, whose authority is a file too.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(path: &Path, server: &str, authority: &Path, user: &Value) -> Result<PathBuf> {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {
            "server": server,
            "certificate-authority": authority,
        }}],
        "users": [{"name": "bench", "user": user}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
    });
    std::fs::write(path, format!("{config:#}\n"))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path.to_owned())
}
