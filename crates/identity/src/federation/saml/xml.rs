//! Reading XML of strangers: no document type, so no entities and nothing to fetch.

use uppsala::{Document, NodeId, NodeKind, Parser};

/// Levels of elements.
const DEEPEST: u32 = 64;

pub(super) fn parse(text: &str) -> Result<Document<'_>, String> {
    let parser = Parser::new().with_forbid_dtd(true).with_forbid_entities(true).with_max_depth(DEEPEST);
    parser.parse(text).map_err(|error| error.to_string().chars().take(200).collect())
}

pub(super) fn is(doc: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> bool {
    doc.element(node).is_some_and(|element| element.name.matches(Some(namespace), name))
}

/// The child elements of this name.
pub(super) fn children(doc: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> Vec<NodeId> {
    doc.children_iter(node).filter(|child| is(doc, *child, namespace, name)).collect()
}

/// The one child element of this name; none: there is none, or more than one.
pub(super) fn child(doc: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> Option<NodeId> {
    match children(doc, node, namespace, name)[..] {
        [one] => Some(one),
        _ => None,
    }
}

/// An attribute without a namespace.
pub(super) fn attribute<'d>(doc: &'d Document<'_>, node: NodeId, name: &str) -> Option<&'d str> {
    let attributes = &doc.element(node)?.attributes;
    attributes
        .iter()
        .find(|one| one.name.namespace_uri.is_none() && one.name.local_name == name)
        .map(|one| one.value.as_ref())
}

/// The text of an element that has nothing but text. A comment in it would be outside of the signature, and
/// readers differ in what they make of it.
pub(super) fn text(doc: &Document<'_>, node: NodeId) -> Option<String> {
    let mut whole = String::new();
    for child in doc.children_iter(node) {
        match doc.node_kind(child)? {
            NodeKind::Text(text) | NodeKind::CData(text) => whole.push_str(text),
            _ => return None,
        }
    }
    Some(whole.trim().to_owned())
}
