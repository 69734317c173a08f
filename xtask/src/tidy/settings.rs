//! The configuration guide names every setting, and none that doesn't exist: keys as the
//! structs of `app`, `gateway` and `providers` declare them, variables as their tables list them.

use std::collections::{BTreeSet, HashMap};

use syn::visit::Visit;

use super::{
    Finding,
    house::{House, is_test_only},
};

const GUIDE: &str = "docs/guides/configuration.md";
/// The tables of keys stand between these two lines.
const BEGIN: &str = "<!-- settings: app::Config -->";
const END: &str = "<!-- /settings -->";
/// Where the configuration is declared, and the module that other files name it by.
const DECLARED: &[(&str, &str)] = &[
    ("crates/app/src/config.rs", ""),
    ("crates/gateway/src/config.rs", "gateway"),
    ("crates/identity/src/federation/config.rs", "identity::federation"),
    ("crates/contracts/src/guardrails/mod.rs", "gateway"),
    ("crates/providers/src/config.rs", "providers"),
];
/// Where variables with names of their own are listed.
const VARIABLES: &[&str] = &["crates/app/src/config.rs", "crates/providers/src/account.rs"];
/// The name of an entry of a map, in a key.
const ANY: &str = "<id>";

pub fn check(house: &House) -> Vec<Finding> {
    let structs = structs(house);
    if !structs.contains_key("Config") {
        return Vec::new();
    }
    let Some(guide) = house.text(GUIDE) else {
        return vec![Finding::refused(GUIDE, 0, "is missing")];
    };
    let mut declared = BTreeSet::new();
    keys(&structs, "Config", "", &mut declared);
    let documented: BTreeSet<(usize, &str)> = guide
        .lines()
        .enumerate()
        .skip_while(|(_, line)| *line != BEGIN)
        .take_while(|(_, line)| *line != END)
        .filter_map(|(index, line)| Some((index + 1, line.strip_prefix("| `")?.split_once('`')?.0)))
        .collect();
    let mut findings = Vec::new();
    for key in &declared {
        if !documented.iter().any(|(_, documented)| documented == key) {
            findings.push(Finding::refused(GUIDE, 0, format!("lacks the key `{key}`")));
        }
    }
    for (line, key) in documented {
        if !declared.contains(key) {
            findings.push(Finding::refused(GUIDE, line, format!("there is no key `{key}`")));
        }
    }
    for variable in variables(house) {
        if !guide.contains(&format!("`{variable}`")) {
            findings.push(Finding::refused(GUIDE, 0, format!("lacks the variable `{variable}`")));
        }
    }
    findings
}

/// A field of a struct that is read from the configuration.
struct Field {
    name: String,
    ty: syn::Type,
    /// Its fields stand directly in the section.
    flat: bool,
}

/// Name (with its module, if any) → fields.
type Structs = HashMap<String, Vec<Field>>;

fn structs(house: &House) -> Structs {
    let mut structs = Structs::new();
    for (path, module) in DECLARED {
        let Some(source) = house.sources().iter().find(|source| source.path == *path) else {
            continue;
        };
        for item in &source.syntax.items {
            if let syn::Item::Struct(item) = item
                && matches!(item.fields, syn::Fields::Named(_))
                && !is_test_only(&item.attrs)
            {
                structs.insert(qualified(module, &item.ident.to_string()), item.fields.iter().map(field).collect());
            }
        }
    }
    structs
}

fn field(field: &syn::Field) -> Field {
    let flat = field.attrs.iter().any(|attribute| {
        attribute.path().is_ident("serde")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|argument| argument == "flatten")
    });
    let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    Field { name, ty: field.ty.clone(), flat }
}

fn qualified(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

/// Collects the dotted keys of the struct `name`.
fn keys(structs: &Structs, name: &str, prefix: &str, found: &mut BTreeSet<String>) {
    let module = name.rsplit_once("::").map_or("", |(module, _)| module);
    for field in &structs[name] {
        let mut key = if field.flat { prefix.to_owned() } else { join(prefix, &field.name) };
        let mut ty = &field.ty;
        while let Some((container, inner)) = content(ty) {
            if container == "BTreeMap" {
                key = join(&key, ANY);
            }
            ty = inner;
        }
        match known(structs, module, ty) {
            Some(inner) => keys(structs, &inner, &key, found),
            None => {
                found.insert(key);
            }
        }
    }
}

/// `Option<T>` → (`Option`, `T`); `BTreeMap<String, T>` → (`BTreeMap`, `T`).
fn content(ty: &syn::Type) -> Option<(&syn::Ident, &syn::Type)> {
    let syn::Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.last()? {
        syn::GenericArgument::Type(inner) => Some((&segment.ident, inner)),
        _ => None,
    }
}

/// The struct that `ty` names, seen from `module`.
fn known(structs: &Structs, module: &str, ty: &syn::Type) -> Option<String> {
    let syn::Type::Path(path) = ty else { return None };
    let written: Vec<_> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    [qualified(module, &written.join("::")), written.join("::")].into_iter().find(|name| structs.contains_key(name))
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

/// Names of environment variables, as the tables spell them.
fn variables(house: &House) -> BTreeSet<String> {
    let mut names = Names::default();
    for source in house.sources().iter().filter(|source| VARIABLES.contains(&source.path.as_str())) {
        names.visit_file(&source.syntax);
    }
    names.0
}

#[derive(Default)]
struct Names(BTreeSet<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test_only(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        let text = literal.value();
        let is_name = |text: &str| {
            text.len() > 3
                && !text.ends_with('_')
                && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
                && (text.contains('_') || text == "PORT")
        };
        if is_name(&text) {
            self.0.insert(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = r#"
        const CUSTOMARY: [(&str, &str); 1] = [("DATABASE_URL", "database.url")];
        const PREFIX: &str = "PARLANCE_";
        struct Config { data_dir: DataDir, server: Server, providers: providers::Config }
        struct DataDir(PathBuf);
        struct Server { host: IpAddr, public_url: Option<Url> }
    "#;
    const PROVIDERS: &str = r"
        struct Config { #[serde(flatten)] accounts: BTreeMap<String, Account>, fallbacks: BTreeMap<String, Vec<String>> }
        struct Account { api_key: Option<SecretString> }
    ";

    fn messages(guide: &str) -> Vec<String> {
        let house = House::of(&[
            ("crates/app/src/config.rs", APP),
            ("crates/providers/src/config.rs", PROVIDERS),
            (GUIDE, guide),
        ]);
        check(&house).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn compares_both_ways() {
        let guide = format!("{BEGIN}\n| `data_dir` | |\n| `server.host` | |\n| `server.prt` | |\n{END}\n");
        assert_eq!(
            messages(&guide),
            [
                "lacks the key `providers.<id>.api_key`",
                "lacks the key `providers.fallbacks.<id>`",
                "lacks the key `server.public_url`",
                "there is no key `server.prt`",
                "lacks the variable `DATABASE_URL`",
            ]
        );
    }

    #[test]
    fn accepts_a_whole_guide() {
        let guide = format!(
            "{BEGIN}\n| `data_dir` |\n| `server.host` |\n| `server.public_url` | `DATABASE_URL` |\n\
             | `providers.<id>.api_key` |\n| `providers.fallbacks.<id>` |\n{END}\n"
        );
        assert_eq!(messages(&guide), Vec::<String>::new());
    }
}
