//! What the kubelet is answered for a claim, whatever version it speaks. Left to others: the wire.

use std::collections::BTreeSet;

use crate::Uid;
use crate::cdi;
use crate::claim::base_request;
use crate::state::Given;

/// A device that is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The claim's request, without a subrequest (DRA-13).
    pub(crate) request: String,
    pub(crate) pool: String,
    pub(crate) device: String,
    pub(crate) share_id: Option<String>,
    /// Names of CDI devices for containers that name the claim (DRA-14).
    pub(crate) cdi: Vec<String>,
}

/// What a claim's devices are answered with.
///
/// What a request's devices have in common is a CDI device of its own, named by the first of them alone: the kubelet
/// hands on the names of all devices of a request, and one that came twice would be made twice.
pub(crate) fn answers(uid: &Uid, given: &[Given], metadata: bool) -> Vec<Answer> {
    let (mut with_variables, mut with_file) = (BTreeSet::new(), BTreeSet::new());
    let names = cdi::device_names(uid, given);
    let each = given.iter().zip(names).map(|(given, own)| {
        let request = base_request(&given.request);
        let mut names: Vec<String> = own.into_iter().map(|name| cdi::qualified(&name)).collect();
        if !given.admin && with_variables.insert(request) {
            names.push(cdi::qualified(&cdi::request_name(uid, request)));
        }
        if metadata && with_file.insert(request) {
            names.push(cdi::qualified_metadata(uid, request));
        }
        Answer {
            request: request.to_owned(),
            pool: given.pool.clone(),
            device: given.name.to_string(),
            share_id: given.share_id.clone(),
            cdi: names,
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::given;

    /// DRA-13, DRA-14, DRA-17.
    #[test]
    fn each_name_is_told_once_and_a_device_to_look_at_brings_no_edits() {
        let uid: Uid = "u1".parse().unwrap();
        let mut all = [
            given("main/large", 1),
            given("main/large", 2),
            given("look", 3),
        ];
        all[2].admin = true;
        all[1].share_id = Some("s".into());
        let told = answers(&uid, &all, true);
        let requests: Vec<_> = told.iter().map(|it| it.request.as_str()).collect();
        assert_eq!(requests, ["main", "main", "look"]);
        let names: Vec<_> = told.iter().map(|it| it.cdi.clone()).collect();
        let main = "colvin.dev/claim=u1_main";
        assert_eq!(
            names[0],
            [&format!("{main}_0"), main, "colvin.dev/metadata=u1_main"]
        );
        assert_eq!(names[1], [format!("{main}_1")]);
        assert_eq!(names[2], ["colvin.dev/metadata=u1_look"]);
        assert_eq!(told[1].share_id.as_deref(), Some("s"));
        let without = answers(&uid, &all, false);
        assert!(without[2].cdi.is_empty());
    }
}
