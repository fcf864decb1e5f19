//! CHECK: is the attachment as ADD left it? Changes by plugins after this one are no difference.
//!
//! Left to others: comparing (`colvin-attach`).

use super::{Call, add};
use crate::failure::Failure;
use crate::previous::Previous;
use crate::version::Version;

/// Compares. There is no result.
pub(super) fn answer(call: &mut Call<'_>) -> Result<String, Failure> {
    call.config.version.at_least(Version::V0_4_0, "CHECK")?;
    let previous = Previous::read(call.config.previous)?;
    for request in add::requests(call)? {
        let expected = previous.expected(&request.key.name)?;
        colvin_attach::check(call.roots, &request, &expected, &mut call.trace)?;
    }
    Ok(String::new())
}
