//! Every module of ours begins with `//!`: what it is for, what always holds, what is
//! deliberately absent.

use super::{Finding, house::House};

pub fn check(house: &House) -> Vec<Finding> {
    house
        .sources()
        .iter()
        .filter(|source| source.path.contains("/src/"))
        .filter(|source| !source.syntax.attrs.iter().any(is_inner_doc))
        .map(|source| Finding::refused(&source.path, 1, "begins without `//!`: say what it is for"))
        .collect()
}

fn is_inner_doc(attribute: &syn::Attribute) -> bool {
    matches!(attribute.style, syn::AttrStyle::Inner(_)) && attribute.path().is_ident("doc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_module_that_says_nothing() {
        let house = House::of(&[
            ("crates/chat/src/lib.rs", "//! Conversations.\n\npub struct A;\n"),
            ("crates/chat/src/model.rs", "/// Not the module's.\npub struct A;\n"),
            ("crates/chat/src/empty.rs", ""),
        ]);
        let found: Vec<_> = check(&house).into_iter().map(|found| found.path).collect();
        assert_eq!(found, ["crates/chat/src/empty.rs", "crates/chat/src/model.rs"]);
    }
}
