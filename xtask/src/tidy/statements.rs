//! Finds the SQL statements in a Rust file: string literals that begin like one, and
//! `concat!` of literals and of the file's own literal macros.

use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::{spanned::Spanned as _, visit::Visit};

use super::house::{Source, is_test_only};

/// A statement of SQL in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub line: usize,
    pub sql: String,
}

/// Macros that stand for one literal: `macro_rules! columns { () => { "id, name" } }`.
pub type Fragments = HashMap<String, String>;

/// How a statement begins.
const VERBS: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];

/// The statements of `source` outside of its tests, in order.
pub fn find(source: &Source, fragments: &Fragments) -> Vec<Statement> {
    let mut finder = Finder { fragments, found: Vec::new() };
    finder.visit_file(&source.syntax);
    finder.found
}

/// The literal macros of `source`.
pub fn fragments(source: &Source) -> Fragments {
    let mut fragments = Fragments::new();
    for item in &source.syntax.items {
        if let syn::Item::Macro(item) = item
            && let Some(name) = &item.ident
            && let Some(text) = body(&item.mac.tokens, &fragments)
        {
            fragments.insert(name.to_string(), text);
        }
    }
    fragments
}

/// The text that `() => { … }` stands for.
fn body(tokens: &TokenStream, fragments: &Fragments) -> Option<String> {
    let mut tokens = tokens.clone().into_iter();
    match tokens.next()? {
        TokenTree::Group(pattern) if pattern.stream().is_empty() => {}
        _ => return None,
    }
    let group = tokens.find_map(|token| match token {
        TokenTree::Group(group) => Some(group),
        _ => None,
    })?;
    joined(group.stream(), fragments)
}

/// The text of literals, `concat!(…)` and fragments one after the other, commas between.
/// `None` if there is anything else.
fn joined(tokens: TokenStream, fragments: &Fragments) -> Option<String> {
    let mut text = String::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Literal(literal) => text.push_str(&unquoted(&literal)?),
            TokenTree::Punct(punct) if punct.as_char() == ',' => {}
            TokenTree::Ident(name) => {
                tokens.next_if(|next| matches!(next, TokenTree::Punct(p) if p.as_char() == '!'))?;
                let TokenTree::Group(arguments) = tokens.next()? else {
                    return None;
                };
                if name == "concat" {
                    text.push_str(&joined(arguments.stream(), fragments)?);
                } else {
                    text.push_str(fragments.get(&name.to_string())?);
                }
            }
            _ => return None,
        }
    }
    Some(text)
}

/// The value of a string or number literal.
fn unquoted(literal: &proc_macro2::Literal) -> Option<String> {
    match syn::Lit::new(literal.clone()) {
        syn::Lit::Str(text) => Some(text.value()),
        syn::Lit::Int(number) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

struct Finder<'a> {
    fragments: &'a Fragments,
    found: Vec<Statement>,
}

impl Finder<'_> {
    fn consider(&mut self, line: usize, text: String) {
        if begins_like_a_statement(&text) {
            self.found.push(Statement { line, sql: text });
        }
    }

    /// Looks into the tokens of a macro call, which `syn` leaves unparsed.
    fn look_into(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        let mut called = None;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Literal(literal) => {
                    if let syn::Lit::Str(text) = syn::Lit::new(literal.clone()) {
                        self.consider(literal.span().start().line, text.value());
                    }
                }
                TokenTree::Ident(name) => {
                    let bang = matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '!');
                    called = bang.then(|| name.to_string());
                }
                TokenTree::Group(group) => match called.take() {
                    Some(name) if name == "concat" => {
                        self.consider_joined(group.span().start().line, group.stream());
                    }
                    _ => self.look_into(group.stream()),
                },
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn consider_joined(&mut self, line: usize, tokens: TokenStream) {
        let source = tokens.to_string();
        match joined(tokens, self.fragments) {
            Some(text) => self.consider(line, text),
            // What can't be joined here is handed on as it is, for the engines to refuse.
            None if begins_like_a_statement(source.trim_start_matches('"')) => {
                self.found.push(Statement { line, sql: source });
            }
            None => {}
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test_only(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_macro(&mut self, _: &'ast syn::ItemMacro) {
        // A definition holds parts of statements; what matters is where it is used.
    }

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {
        // Documentation is not SQL.
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.consider(literal.span().start().line, literal.value());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.is_ident("concat") {
            self.consider_joined(call.path.span().start().line, call.tokens.clone());
        } else {
            self.look_into(call.tokens.clone());
        }
    }
}

/// Whether `text` begins with an upper-case SQL verb and goes on.
pub fn begins_like_a_statement(text: &str) -> bool {
    let text = text.trim_start();
    VERBS.iter().any(|verb| {
        text.strip_prefix(verb).is_some_and(|rest| rest.starts_with(char::is_whitespace) && !rest.trim().is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::house::House;

    fn statements(text: &str) -> Vec<(usize, String)> {
        let house = House::of(&[("crates/chat/src/store.rs", text)]);
        let source = &house.sources()[0];
        find(source, &fragments(source)).into_iter().map(|statement| (statement.line, statement.sql)).collect()
    }

    #[test]
    fn finds_literals_constants_and_arguments_of_macros() {
        let found = statements(
            r#"
            /// SELECT is only mentioned here.
            const ONE: &str = "SELECT 1";
            fn two() { call("UPDATE t SET a = $1"); params!["DELETE FROM t"]; }
            fn none() { call("Select one", "SELECTED", "WITHOUT a"); }
            #[cfg(test)]
            mod tests { const IN_TESTS: &str = "SELECT 2"; }
            "#,
        );
        assert_eq!(
            found,
            [(3, "SELECT 1".to_owned()), (4, "UPDATE t SET a = $1".to_owned()), (4, "DELETE FROM t".to_owned()),]
        );
    }

    #[test]
    fn hides_nothing_that_it_cannot_join() {
        let found = statements("const A: &str = concat!(\"SELECT \", elsewhere!(), \" FROM t\");");
        assert_eq!(found.len(), 1);
        assert!(found[0].1.contains("elsewhere"), "{found:?}");
        assert_eq!(statements("const A: &str = concat!(\"user_\", elsewhere!());"), []);
    }

    #[test]
    fn joins_what_concat_joins() {
        let found = statements(
            r#"
            macro_rules! columns { () => { "id, name" }; }
            macro_rules! of_users { () => { concat!("SELECT ", columns!(), " FROM users") }; }
            const A: &str = concat!("SELECT ", columns!(), " FROM t LIMIT ", 3);
            fn b() { call(concat!(of_users!(), " WHERE id = $1")); all![concat!("SELECT ", columns!())]; }
            "#,
        );
        let texts: Vec<_> = found.into_iter().map(|(_, sql)| sql).collect();
        assert_eq!(
            texts,
            ["SELECT id, name FROM t LIMIT 3", "SELECT id, name FROM users WHERE id = $1", "SELECT id, name"]
        );
    }
}
