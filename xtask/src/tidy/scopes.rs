//! Every function of a store knows for which workspace it works: it takes a `TenantScope`
//! or a transaction that has one. Where rows belong to no workspace, or the workspace is
//! still to be found out, its body makes a scope of its own, and words nearby say why: a
//! comment, its documentation, or, for a whole store, the `//!` of its module.
//!
//! The database layer itself takes no query without a scope; this rule sees to it that the
//! scope comes from the caller and that an unscoped query is a stated decision.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;

use super::{
    Finding,
    house::{House, Source, is_test_only},
};

/// A parameter of one of these types carries a scope.
const SCOPES: &[&str] = &["TenantScope", "Scope", "Platform", "Tx"];
/// What a body names that makes its own scope: `Platform`, or `TenantScope::assume(…)`.
const MAKERS: &[&str] = &["Platform", "TenantScope"];
/// How many lines above its use a comment may stand.
const NEARBY: usize = 4;

pub fn check(house: &House) -> Vec<Finding> {
    house
        .sources()
        .iter()
        .filter(|source| source.is_product() && source.is_store())
        .filter(|source| !source.path.starts_with("crates/database/"))
        .flat_map(|source| {
            let for_all = is_for_the_platform(house, source);
            functions(&source.syntax.items).into_iter().filter_map(move |function| judge(source, &function, for_all))
        })
        .collect()
}

struct Function<'a> {
    signature: &'a syn::Signature,
    attributes: &'a [syn::Attribute],
    body: &'a syn::Block,
}

/// All functions and methods that other modules can call.
fn functions(items: &[syn::Item]) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    for item in items {
        match item {
            syn::Item::Fn(function) if is_visible(&function.vis) => {
                found.push(Function { signature: &function.sig, attributes: &function.attrs, body: &function.block });
            }
            syn::Item::Impl(block) => {
                for item in &block.items {
                    if let syn::ImplItem::Fn(method) = item
                        && (is_visible(&method.vis) || block.trait_.is_some())
                    {
                        found.push(Function { signature: &method.sig, attributes: &method.attrs, body: &method.block });
                    }
                }
            }
            syn::Item::Mod(module) if !is_test_only(&module.attrs) => {
                if let Some((_, items)) = &module.content {
                    found.extend(functions(items));
                }
            }
            _ => {}
        }
    }
    found
}

fn is_visible(visibility: &syn::Visibility) -> bool {
    !matches!(visibility, syn::Visibility::Inherited)
}

fn judge(source: &Source, function: &Function<'_>, for_all: bool) -> Option<Finding> {
    let name = &function.signature.ident;
    let line = name.span().start().line;
    let inputs = function.signature.inputs.to_token_stream();
    let has_scope = lines_of(inputs.clone(), SCOPES).next().is_some();
    let asynchronous = function.signature.asyncness.is_some();
    if has_scope || !asynchronous {
        return None;
    }
    let mut made = lines_of(function.body.to_token_stream(), MAKERS).peekable();
    if made.peek().is_none() {
        let message = format!("`{name}` takes neither a `TenantScope` nor a `Tx`: for whom does it work?");
        return Some(Finding::refused(&source.path, line, message));
    }
    if for_all || gives_a_reason(function) || made.all(|line| is_explained(source, line)) {
        return None;
    }
    let message = format!("`{name}` makes its own scope: say why in a comment");
    Some(Finding::refused(&source.path, line, message))
}

/// The lines where `tokens` name one of `names`.
fn lines_of(tokens: TokenStream, names: &[&str]) -> impl Iterator<Item = usize> {
    let mut lines = Vec::new();
    collect(tokens, names, &mut lines);
    lines.into_iter()
}

fn collect(tokens: TokenStream, names: &[&str], lines: &mut Vec<usize>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if names.iter().any(|name| ident == name) => {
                lines.push(ident.span().start().line);
            }
            TokenTree::Group(group) => collect(group.stream(), names, lines),
            _ => {}
        }
    }
}

/// Whether the documentation of the function speaks of the matter.
fn gives_a_reason(function: &Function<'_>) -> bool {
    let text = documentation(function.attributes);
    ["platform", "tenant", "workspace"].iter().any(|word| text.contains(word))
}

/// Whether the module, or the store that it is a part of, says that it works for the platform.
fn is_for_the_platform(house: &House, source: &Source) -> bool {
    let store = source.path.rsplit_once('/').map(|(folder, _)| format!("{folder}/mod.rs"));
    house
        .sources()
        .iter()
        .filter(|other| other.path == source.path || Some(&other.path) == store.as_ref())
        .any(|other| documentation(&other.syntax.attrs).contains("platform"))
}

/// The text of doc comments, in lower case.
fn documentation(attributes: &[syn::Attribute]) -> String {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .map(|attribute| attribute.to_token_stream().to_string().to_lowercase())
        .collect()
}

/// Whether a comment stands on `line` or just above it.
fn is_explained(source: &Source, line: usize) -> bool {
    (line.saturating_sub(NEARBY)..=line)
        .any(|line| source.line(line).split_once("//").is_some_and(|(_, comment)| !comment.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        check(&House::of(&[("crates/chat/src/store.rs", text)])).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn refuses_a_query_for_nobody() {
        let found = found("pub async fn list(db: &Db) -> Result<()> { db.all(a, b) }");
        assert_eq!(found, ["`list` takes neither a `TenantScope` nor a `Tx`: for whom does it work?"]);
    }

    #[test]
    fn refuses_an_unexplained_platform_query() {
        let text = "pub(crate) async fn find(db: &Db) { db.all(Platform, \"SELECT 1\") }";
        assert_eq!(found(text), ["`find` makes its own scope: say why in a comment"]);
    }

    #[test]
    fn sees_methods_too() {
        let text = "impl Store { pub async fn list(&self) { self.db.all(a) } async fn own(&self) {} }";
        assert_eq!(found(text).len(), 1);
    }

    #[test]
    fn takes_the_word_of_the_whole_store() {
        let users = "pub async fn user(db: &Db) { db.all(Platform, x) }";
        let found = |about: &str| {
            let house = House::of(&[
                ("crates/identity/src/store/mod.rs", about),
                ("crates/identity/src/store/users.rs", users),
            ]);
            check(&house).len()
        };
        assert_eq!(found("//! Users belong to no tenant: all of it runs in platform scope."), 0);
        assert_eq!(found("//! Rows of a tenant."), 1);
    }

    #[test]
    fn accepts_scopes_transactions_and_reasons() {
        for text in [
            "pub async fn a(db: &Db, scope: &TenantScope) {}",
            "pub async fn a(tx: &mut Tx) {}",
            "pub async fn a(db: &Db, _: Platform) {}",
            "/// Users belong to no workspace.\npub async fn a(db: &Db) { db.all(Platform, x) }",
            "//! Users belong to the platform.\npub async fn a(db: &Db) { db.all(Platform, x) }",
            "pub async fn a(db: &Db) {\n// before anyone is known\ndb.all(Platform, x) }",
            "pub async fn a(db: &Db) {\n// asks whether there is a membership\ndb.all(TenantScope::assume(w), x) }",
            "pub fn pure(text: &str) -> bool { true }",
            "async fn private(db: &Db) {}",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
