//! Nodes out of the parser's events.
//!
//! Aliases are copied and merge keys (`<<`) taken in, as `kubectl` does; both count against a limit,
//! so that a small file cannot ask for much memory. Left to others: everything about meaning.

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, options};
use serde_json::Value;

use super::plain::resolve;
use super::{Entry, Kind, Node, Place, Scalar, Unreadable};

/// The most values that a file may have, those of aliases counted at each use.
const MOST_VALUES: usize = 1_000_000;
/// How deep values may lie in one another.
const DEEPEST: usize = 100;

/// The documents of a file, each a value or why it does not read; empty documents are left out.
pub(crate) fn read(text: &str) -> Vec<Result<Node, Unreadable>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // JSON may be indented with tabs, YAML not; in a text of JSON a tab is always escaped
    let json = text.trim_start().starts_with(['{', '[']);
    let untabbed = json.then(|| text.replace('\t', " "));
    let text = untabbed.as_deref().unwrap_or(text);
    let limits = options! {
        emit_comments: false,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    let mut parser = Parser::new_from_str_with_options(text, limits);
    let mut documents = Vec::new();
    let mut builder = Builder::default();
    while let Some(next) = parser.next_event() {
        match next {
            Ok((Event::DocumentEnd, _)) => documents.extend(builder.finish().map(Ok)),
            Ok((event, span)) => {
                if let Err(unreadable) = builder.take(event, &span) {
                    documents.push(Err(unreadable));
                    return documents;
                }
            }
            Err(error) => {
                documents.push(Err(unreadable(&error, text)));
                builder = Builder::default();
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    return documents;
                }
            }
        }
    }
    documents
}

fn unreadable(error: &ScanError, text: &str) -> Unreadable {
    let tab = matches!(
        error.kind(),
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
    );
    let marker = error.marker();
    let line = marker.line().max(1);
    // the parser stops behind the tab
    let first_tab = || {
        text.lines()
            .nth(line.saturating_sub(1))?
            .chars()
            .position(|letter| letter == '\t')
    };
    let column = tab
        .then(first_tab)
        .flatten()
        .unwrap_or_else(|| marker.col());
    Unreadable {
        place: Place {
            line,
            column: column.saturating_add(1),
        },
        message: if tab {
            "a tab: YAML is indented with blanks only".to_owned()
        } else {
            format!("no YAML: {}", error.info())
        },
    }
}

fn place(span: &Span) -> Place {
    Place {
        line: span.start.line().max(1),
        column: span.start.col().saturating_add(1),
    }
}

/// What is being built, from the outside in.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Node>,
    values: usize,
}

/// A list or map that has not ended.
struct Open {
    place: Place,
    anchor: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(String, Place)>),
}

impl Builder {
    /// The document, and a new beginning; `None` where it has nothing.
    fn finish(&mut self) -> Option<Node> {
        let whole = std::mem::take(self);
        whole.root.filter(|root| !root.is_null())
    }

    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Unreadable> {
        let place = place(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let tag = tag.as_deref().and_then(|tag| tag.core_suffix());
                let value = match tag {
                    Some("str") => Value::String(text.to_string()),
                    None if style != ScalarStyle::Plain => Value::String(text.to_string()),
                    _ => resolve(&text),
                };
                let scalar = Scalar {
                    text: text.into_owned(),
                    plain,
                    block: matches!(style, ScalarStyle::Literal | ScalarStyle::Folded),
                    value,
                };
                self.put(place, anchor, Kind::Scalar(scalar))
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(place, anchor, Inside::List(Vec::new()));
                Ok(())
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(place, anchor, Inside::Map(Vec::new(), None));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(id) => {
                let known = self.anchors.get(&id).cloned();
                let known = known.ok_or_else(|| Unreadable {
                    place,
                    message: "an alias to what is not complete".to_owned(),
                })?;
                self.values = self.values.saturating_add(size(&known));
                self.put(place, 0, known.kind)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, place: Place, anchor: usize, inside: Inside) {
        self.open.push(Open {
            place,
            anchor,
            inside,
        });
    }

    fn close(&mut self) -> Result<(), Unreadable> {
        let Some(Open {
            place,
            anchor,
            inside,
        }) = self.open.pop()
        else {
            return Ok(());
        };
        let kind = match inside {
            Inside::List(items) => Kind::List(items),
            Inside::Map(entries, _) => Kind::Map(merged(entries)),
        };
        self.put(place, anchor, kind)
    }

    fn put(&mut self, place: Place, anchor: usize, kind: Kind) -> Result<(), Unreadable> {
        self.values = self.values.saturating_add(1);
        if self.values > MOST_VALUES {
            let message = format!("more than {MOST_VALUES} values");
            return Err(Unreadable { place, message });
        }
        let node = Node { place, kind };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map(entries, key)) => match key.take() {
                None => *key = Some((key_of(&node)?, place)),
                Some((key, place)) => entries.push(Entry {
                    key,
                    place,
                    value: node,
                }),
            },
        }
        Ok(())
    }
}

/// A key as JSON has it: what is no text is written as one.
fn key_of(node: &Node) -> Result<String, Unreadable> {
    match &node.kind {
        Kind::Scalar(scalar) => Ok(match &scalar.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }),
        Kind::List(_) | Kind::Map(_) => Err(Unreadable {
            place: node.place,
            message: "a key that is a list or a map".to_owned(),
        }),
    }
}

/// The entries with those of merge keys that are not there themselves.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    if entries.iter().all(|entry| entry.key != "<<") {
        return entries;
    }
    let (merge, mut own): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|entry| entry.key == "<<" && !matches!(entry.value.kind, Kind::Scalar(_)));
    for Entry { place, value, .. } in merge {
        let maps = match value.kind {
            Kind::List(maps) => maps,
            Kind::Map(_) | Kind::Scalar(_) => vec![value],
        };
        for entry in maps.iter().flat_map(Node::entries) {
            if own.iter().all(|mine| mine.key != entry.key) {
                own.push(Entry {
                    place,
                    ..entry.clone()
                });
            }
        }
    }
    own
}

/// How many values it is.
fn size(node: &Node) -> usize {
    let below: usize = match &node.kind {
        Kind::Scalar(_) => 0,
        Kind::List(items) => items.iter().map(size).sum(),
        Kind::Map(entries) => entries.iter().map(|entry| size(&entry.value)).sum(),
    };
    below.saturating_add(1)
}
