//! W3C trace context: which trace a call is a part of. Taken as it came, or not at all; a malformed
//! one is no error, as the W3C page says.
//!
//! Left to others: writing spans (`colvin trace` reads what `colvin-attach` keeps).

/// The most bytes that are kept of `TRACESTATE` and of `BAGGAGE`.
const MOST_BYTES: usize = 8192;

/// A trace and the span in it that called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// `TRACEPARENT`: version, trace id, parent id and flags, in lower-case hexadecimal.
    pub parent: String,
    /// `TRACESTATE`, for whoever understands it.
    pub state: Option<String>,
    /// `BAGGAGE`, likewise.
    pub baggage: Option<String>,
}

impl TraceContext {
    /// Reads the variables; `None` when there is no valid `TRACEPARENT`.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let parent = lookup("TRACEPARENT").filter(|parent| is_parent(parent))?;
        let other = |name| lookup(name).filter(|text| !text.is_empty() && text.len() <= MOST_BYTES);
        Some(Self {
            parent,
            state: other("TRACESTATE"),
            baggage: other("BAGGAGE"),
        })
    }

    /// The trace's id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        self.parent.split('-').nth(1).unwrap_or_default()
    }
}

/// Whether a text is `version-trace-parent-flags`. A version after 00 may say more behind that.
fn is_parent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, parent, flags, rest @ ..] = &parts[..] else {
        return false;
    };
    let hex = |part: &str, digits: usize| {
        part.len() == digits
            && part
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let zero = |part: &str| part.bytes().all(|byte| byte == b'0');
    let form = hex(version, 2) && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    let known = *version != "ff" && (rest.is_empty() || *version != "00");
    form && known && !zero(trace) && !zero(parent) && text.len() <= MOST_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn read(parent: &str) -> Option<TraceContext> {
        TraceContext::read(|name| match name {
            "TRACEPARENT" => Some(parent.to_owned()),
            "TRACESTATE" => Some("a=b".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn cni_p11_a_trace_context_is_taken_as_it_came() {
        let context = read(PARENT).unwrap();
        assert_eq!(context.parent, PARENT);
        assert_eq!(context.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(context.state.as_deref(), Some("a=b"));
        assert_eq!(context.baggage, None);
        assert!(read(&format!("01{}-more", PARENT.strip_prefix("00").unwrap())).is_some());
    }

    #[test]
    fn cni_p11_a_malformed_trace_context_is_none() {
        for text in [
            "",
            "00",
            PARENT.get(..54).unwrap(),
            &format!("{PARENT}-x"),
            &PARENT.to_uppercase(),
            &format!("ff{}", PARENT.strip_prefix("00").unwrap()),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
