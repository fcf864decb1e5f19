//! `CNI_ARGS`: pairs `KEY=VALUE` with `;` between them. Old, but what kubelet's runtimes and Multus
//! name the pod by.
//!
//! Left to others: which source of a value comes first (`asked.rs`).

use colvin_model::MacAddr;

use crate::nearest::nearest;

/// Keys that are understood.
pub const KNOWN: [&str; 8] = [
    "GATEWAY",
    "IP",
    "IgnoreUnknown",
    "K8S_POD_INFRA_CONTAINER_ID",
    "K8S_POD_NAME",
    "K8S_POD_NAMESPACE",
    "K8S_POD_UID",
    "MAC",
];

/// Which pod a call is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// `K8S_POD_NAMESPACE`.
    pub namespace: String,
    /// `K8S_POD_NAME`.
    pub name: String,
    /// `K8S_POD_UID`, where the runtime says it.
    pub uid: Option<String>,
}

/// What `CNI_ARGS` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// As it came, for delegates.
    pub text: String,
    /// The pod; absent when nothing of Kubernetes calls.
    pub pod: Option<Pod>,
    /// `MAC`.
    pub mac: Option<MacAddr>,
    /// `IP`, one or several with commas between them.
    pub ip: Option<String>,
    /// `GATEWAY`, likewise.
    pub gateway: Option<String>,
}

impl Arguments {
    /// Reads the variable's text; beside what it says, all that is wrong with it.
    pub fn parse(text: &str) -> (Self, Vec<String>) {
        let mut arguments = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        let (mut pairs, mut wrong) = (Vec::new(), Vec::new());
        for pair in text.split(';').filter(|pair| !pair.trim().is_empty()) {
            match pair.split_once('=') {
                Some((key, value)) => pairs.push((key.trim(), value.trim())),
                None => wrong.push(format!("{:?} is no KEY=VALUE", cut(pair))),
            }
        }
        let value = |key: &str| {
            let found = pairs.iter().rev().find(|(other, _)| *other == key);
            found
                .map(|(_, value)| (*value).to_owned())
                .filter(|value| !value.is_empty())
        };
        let lenient = value("IgnoreUnknown")
            .is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"));
        if !lenient {
            let unknown = pairs.iter().filter(|(key, _)| !KNOWN.contains(key));
            wrong.extend(unknown.map(|(key, value)| unknown_key(key, value)));
        }
        arguments.mac = value("MAC").and_then(|mac| match mac.parse() {
            Ok(mac) => Some(mac),
            Err(error) => {
                wrong.push(format!("MAC: {error}"));
                None
            }
        });
        arguments.ip = value("IP");
        arguments.gateway = value("GATEWAY");
        if let (Some(namespace), Some(name)) = (value("K8S_POD_NAMESPACE"), value("K8S_POD_NAME")) {
            arguments.pod = Some(Pod {
                namespace,
                name,
                uid: value("K8S_POD_UID"),
            });
        }
        (arguments, wrong)
    }

    /// Whether Kubernetes calls: anything of `K8S_POD_` is there.
    pub fn is_of_kubernetes(&self) -> bool {
        self.text
            .split(';')
            .any(|pair| pair.trim().starts_with("K8S_POD_"))
    }
}

fn unknown_key(key: &str, value: &str) -> String {
    let mut said = format!("unknown key {:?} with value {:?}", cut(key), cut(value));
    if let Some(near) = nearest(key, KNOWN) {
        said.push_str(&[" (did you mean ", near, "?)"].concat());
    }
    said + "; IgnoreUnknown=1 lets it pass"
}

fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cni_p9_what_multus_sends_names_the_pod() {
        let text = "IgnoreUnknown=true;K8S_POD_NAMESPACE=a;K8S_POD_NAME=web-0;\
                    K8S_POD_INFRA_CONTAINER_ID=c1;K8S_POD_UID=12-34;OTHER=x";
        let (arguments, wrong) = Arguments::parse(text);
        assert_eq!(wrong, Vec::<String>::new());
        let pod = Pod {
            namespace: "a".to_owned(),
            name: "web-0".to_owned(),
            uid: Some("12-34".to_owned()),
        };
        assert_eq!(arguments.pod, Some(pod));
        assert!(arguments.is_of_kubernetes());
        assert_eq!(arguments.text, text);
    }

    #[test]
    fn cni_p9_an_unknown_key_is_refused_with_the_nearest_unless_asked_to_ignore() {
        let (_, wrong) = Arguments::parse("K8S_POD_UIDD=x;IP=10.0.0.1");
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains("\"K8S_POD_UIDD\" with value \"x\" (did you mean K8S_POD_UID?)"));
        for lenient in [
            "IgnoreUnknown=1",
            "IgnoreUnknown=true",
            "IgnoreUnknown=True",
        ] {
            let (_, wrong) = Arguments::parse(&format!("A=b;{lenient}"));
            assert!(wrong.is_empty(), "{lenient}: {wrong:?}");
        }
        for strict in ["IgnoreUnknown=0", "IgnoreUnknown=", "IgnoreUnknown=2"] {
            let (_, wrong) = Arguments::parse(&format!("A=b;{strict}"));
            assert_eq!(wrong.len(), 1, "{strict}");
        }
    }

    #[test]
    fn addresses_are_taken_and_what_is_malformed_is_said() {
        let (arguments, wrong) =
            Arguments::parse("MAC=02:00:00:00:00:01; IP=10.0.0.2/24;GATEWAY=10.0.0.1;");
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(arguments.mac, Some("02:00:00:00:00:01".parse().unwrap()));
        assert_eq!(arguments.ip.as_deref(), Some("10.0.0.2/24"));
        assert_eq!(arguments.gateway.as_deref(), Some("10.0.0.1"));
        assert!(!arguments.is_of_kubernetes() && arguments.pod.is_none());
        let (arguments, wrong) = Arguments::parse("MAC=zz;x");
        assert_eq!(arguments.mac, None);
        assert_eq!(wrong.len(), 2, "{wrong:?}");
    }

    #[test]
    fn half_of_a_pods_name_is_still_a_call_of_kubernetes() {
        let (arguments, _) = Arguments::parse("IgnoreUnknown=1;K8S_POD_NAMESPACE=a");
        assert!(arguments.is_of_kubernetes() && arguments.pod.is_none());
    }
}
