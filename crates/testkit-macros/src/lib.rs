//! The attribute behind `testkit::db_test`. Use it from there.

use proc_macro::TokenStream;
use quote::quote;
use syn::{ItemFn, parse_macro_input};

/// Turns `async fn name(db: TestDb) { … }` into a module `name` with the tests `sqlite` and
/// `postgres`, each with a fresh, migrated database of its own.
#[proc_macro_attribute]
pub fn db_test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut function = parse_macro_input!(item as ItemFn);
    if !arguments.is_empty() || function.sig.asyncness.is_none() || function.sig.inputs.len() != 1 {
        let message = "expected #[db_test] async fn name(db: TestDb)";
        return syn::Error::new_spanned(&function.sig, message).to_compile_error().into();
    }
    let body = syn::Ident::new("body", function.sig.ident.span());
    let name = std::mem::replace(&mut function.sig.ident, body);
    let (on_tests, on_module): (Vec<_>, Vec<_>) = std::mem::take(&mut function.attrs)
        .into_iter()
        .partition(|attribute| ["ignore", "should_panic"].iter().any(|name| attribute.path().is_ident(name)));
    let output = &function.sig.output;
    quote! {
        #(#on_module)*
        mod #name {
            use super::*;

            #function

            #[test]
            #(#on_tests)*
            fn sqlite() #output {
                ::testkit::db::run(::testkit::db::Engine::Sqlite, body)
            }

            #[test]
            #(#on_tests)*
            fn postgres() #output {
                ::testkit::db::run(::testkit::db::Engine::Postgres, body)
            }
        }
    }
    .into()
}
