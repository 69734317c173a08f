//! The attribute behind `testkit::db_test`. Use it from there.

use proc_macro::TokenStream;
use quote::quote;
use syn::{ItemFn, parse_macro_input};

/// Turns `async fn name(db: TestDb) { … }` into a module `name` with the tests `sqlite` and
/// `postgres`, each with a fresh, migrated database that is removed afterwards.
#[proc_macro_attribute]
pub fn db_test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut function = parse_macro_input!(item as ItemFn);
    if !arguments.is_empty() || function.sig.asyncness.is_none() || function.sig.inputs.len() != 1 {
        let message = "expected #[db_test] async fn name(db: TestDb)";
        return syn::Error::new_spanned(&function.sig, message).to_compile_error().into();
    }
    let body = syn::Ident::new("body", function.sig.ident.span());
    let name = std::mem::replace(&mut function.sig.ident, body);
    let attributes = std::mem::take(&mut function.attrs);
    let output = &function.sig.output;
    quote! {
        #(#attributes)*
        mod #name {
            use super::*;

            #function

            #[test]
            fn sqlite() #output {
                ::testkit::db::run(::testkit::db::Engine::Sqlite, body)
            }

            #[test]
            fn postgres() #output {
                ::testkit::db::run(::testkit::db::Engine::Postgres, body)
            }
        }
    }
    .into()
}
