//! SQL stands only in `store`, and handlers reach neither the store nor the database:
//! they extract, call one operation, and respond. Nor do they make a `TenantScope`: that
//! comes from authorization.

use syn::visit::Visit;

use super::{
    Finding,
    house::{House, Source, is_test_only},
    statements::{self, Fragments},
};

pub fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in house.sources().iter().filter(|source| source.is_product()) {
        if !source.is_store() && !source.path.starts_with("crates/database/") {
            for statement in statements::find(source, &Fragments::new()) {
                findings.push(Finding::refused(&source.path, statement.line, "SQL outside of `store`"));
            }
        }
        if is_handler(&source.path) {
            findings.extend(reaches(source));
        }
    }
    findings
}

fn is_handler(path: &str) -> bool {
    path.ends_with("/http.rs") || path.contains("/http/")
}

/// Where a handler names the store or the database.
fn reaches(source: &Source) -> Vec<Finding> {
    let mut reach = Reach::default();
    reach.visit_file(&source.syntax);
    reach
        .found
        .into_iter()
        .map(|(line, name)| {
            let message = format!("a handler names `{name}`: it should call one operation and respond");
            Finding::refused(&source.path, line, message)
        })
        .collect()
}

#[derive(Default)]
struct Reach {
    found: Vec<(usize, String)>,
}

impl Reach {
    fn consider(&mut self, ident: &syn::Ident) {
        if ident == "store" || ident == "database" || ident == "assume" {
            self.found.push((ident.span().start().line, ident.to_string()));
        }
    }
}

impl<'ast> Visit<'ast> for Reach {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test_only(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        // `store` alone may be a variable; `store::…` is the module.
        if path.segments.len() > 1 {
            for segment in &path.segments {
                self.consider(&segment.ident);
            }
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
        self.consider(&path.ident);
        syn::visit::visit_use_path(self, path);
    }

    fn visit_use_name(&mut self, name: &'ast syn::UseName) {
        self.consider(&name.ident);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&House::of(&[(path, text)])).into_iter().map(|finding| finding.message).collect()
    }

    const QUERY: &str = "async fn f() { db.all(\"SELECT id FROM t\"); }";

    #[test]
    fn refuses_sql_outside_of_the_store() {
        for path in ["crates/chat/src/operations/rename.rs", "crates/chat/src/http/list.rs", "crates/app/src/main.rs"] {
            assert_eq!(found(path, QUERY), ["SQL outside of `store`"], "{path}");
        }
    }

    #[test]
    fn allows_sql_where_it_belongs() {
        for path in [
            "crates/chat/src/store.rs",
            "crates/chat/src/store/message.rs",
            "crates/web/src/idempotency/store.rs",
            "crates/database/src/migrate.rs",
            "crates/chat/tests/it/main.rs",
            "bench/src/main.rs",
        ] {
            assert_eq!(found(path, QUERY), Vec::<String>::new(), "{path}");
        }
    }

    #[test]
    fn refuses_a_handler_that_reaches_into_the_store() {
        for text in [
            "use crate::store;",
            "use crate::{store, model};",
            "use database::Db;",
            "fn f() { crate::store::find(); }",
            "fn f() { TenantScope::assume(id); }",
        ] {
            assert_eq!(found("crates/chat/src/http/list.rs", text).len(), 1, "{text}");
        }
        let fine = "fn f(store: u8) { let store = store; }";
        assert_eq!(found("crates/chat/src/http/list.rs", fine), Vec::<String>::new());
    }
}
