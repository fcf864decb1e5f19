//! The API server: whether it answers, and as which version. Left to others: what is installed in it.

use k8s_openapi::apimachinery::pkg::version::Info;

use super::super::Check;
use crate::cluster::Connection;
use crate::cluster::server::VERSION;

const NAME: &str = "API server";
/// The oldest minor version that Colvin works with.
const OLDEST: u32 = 33;

/// Whether it answers, and the check.
pub(super) fn checks(connection: &Connection) -> (bool, Check) {
    match connection.version() {
        Ok(version) => (true, judged(&version)),
        Err(error) => {
            let told = format!("{:#}", connection.told(&error, VERSION));
            let remedy = "nothing else is judged; kubectl cluster-info says what kubectl sees";
            (false, Check::fail(NAME, told, remedy))
        }
    }
}

fn judged(version: &Info) -> Check {
    let digits = |text: &str| -> Option<u32> {
        let end = text.find(|letter: char| !letter.is_ascii_digit());
        text.get(..end.unwrap_or(text.len()))?.parse().ok()
    };
    let is = &version.git_version;
    match (digits(&version.major), digits(&version.minor)) {
        (Some(1), Some(minor)) if minor < OLDEST => Check::fail(
            NAME,
            format!("is Kubernetes {is}"),
            format!("Colvin needs 1.{OLDEST} or newer: upgrade the cluster"),
        ),
        (Some(_), Some(_)) => Check::ok(NAME, format!("is Kubernetes {is}")),
        _ => Check::warn(
            NAME,
            format!("has the version {is:?}, which says nothing"),
            format!("Colvin needs Kubernetes 1.{OLDEST} or newer"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict;
    use super::*;

    #[test]
    fn an_old_server_fails_and_an_odd_one_is_told() {
        let verdict = |major: &str, minor: &str| {
            let version = Info {
                major: major.to_owned(),
                minor: minor.to_owned(),
                git_version: format!("v{major}.{minor}"),
                ..Info::default()
            };
            judged(&version).verdict
        };
        assert_eq!(verdict("1", "32"), Verdict::Fail);
        assert_eq!(verdict("1", "33+"), Verdict::Ok);
        assert_eq!(verdict("2", "0"), Verdict::Ok);
        assert_eq!(verdict("", "x"), Verdict::Warn);
    }
}
