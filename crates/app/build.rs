//! Says which folders of web assets to embed: the built ones, or a page that tells how to
//! build them.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "Cargo talks to a build script so")]

use std::{
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    // Compressing takes its time; a debug build sends files as they are.
    let compress = std::env::var("PROFILE")? == "release";
    for app in ["app", "admin", "reference"] {
        let folder = folder(app).canonicalize()?;
        let path = folder.to_str().ok_or("the path of the checkout is not Unicode")?;
        let hashed = if folder.join("assets").is_dir() { r#", cache_busted_paths = ["assets"]"# } else { "" };
        let mut code =
            format!("::static_serve::embed_assets!({path:?}, compress = {compress}, strip_html_ext = true{hashed});\n");
        if app != "reference" {
            let index = format!("{path}/index.html");
            write!(
                code,
                "pub fn index() -> ::axum::routing::MethodRouter {{\n    \
                     ::static_serve::embed_asset!({index:?}, compress = {compress})\n}}\n"
            )?;
        }
        fs::write(out.join(format!("{app}.rs")), code)?;
    }
    Ok(())
}

fn folder(app: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = package.join("../../web/apps").join(app).join("dist");
    // Watch the folder even while it is missing, so that a later build is noticed.
    println!("cargo::rerun-if-changed={}", built.display());
    if built.join("index.html").is_file() { built } else { package.join("placeholder") }
}
