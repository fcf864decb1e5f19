//! Who is asked about: a pod, a container, or everybody.
//!
//! Left to others: what they have.

/// Who is asked about, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whom<'a>(Option<&'a str>);

impl<'a> Whom<'a> {
    /// The one that was typed; everybody when nothing was.
    pub(crate) fn new(typed: Option<&'a str>) -> Self {
        Self(typed.filter(|typed| !typed.is_empty()))
    }

    /// Whether everybody is asked about.
    pub(crate) fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// Namespace and name, when both were typed.
    pub(crate) fn pod(&self) -> Option<(&'a str, &'a str)> {
        self.0?.split_once('/')
    }

    /// Whether this pod is asked about.
    pub(crate) fn is_pod(&self, namespace: &str, name: &str) -> bool {
        match (self.0, self.pod()) {
            (None, _) => true,
            (_, Some(typed)) => typed == (namespace, name),
            (Some(typed), None) => typed == name,
        }
    }

    /// Whether this container is asked about: by its id or how that begins.
    pub(crate) fn is_container(&self, id: &str) -> bool {
        self.0.is_none_or(|typed| id.starts_with(typed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_meant_by_its_name_and_a_container_by_how_its_id_begins() {
        let name = Whom::new(Some("web-0"));
        assert!(name.is_pod("a", "web-0") && name.is_pod("b", "web-0"));
        assert!(!name.is_pod("a", "web-01"));
        let whole = Whom::new(Some("a/web-0"));
        assert!(whole.is_pod("a", "web-0") && !whole.is_pod("b", "web-0"));
        let container = Whom::new(Some("3f2a"));
        assert!(container.is_container("3f2a9c") && !container.is_container("a3f2a"));
        assert!(Whom::new(None).is_pod("a", "b") && Whom::new(Some("")).is_all());
    }
}
