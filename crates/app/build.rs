//! Embeds the built web assets, or a page that says how to build them.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "Cargo talks to a build script so")]

use std::path::{Path, PathBuf};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/apps");
    let placeholder = Path::new(env!("CARGO_MANIFEST_DIR")).join("placeholder");
    let directory = |app: &str| -> PathBuf {
        let built = root.join(app).join("dist");
        // Watch the folder even while it is missing, so that a later build is noticed.
        println!("cargo::rerun-if-changed={}", built.display());
        if built.join("index.html").is_file() { built } else { placeholder.clone() }
    };
    // A release is whole wherever it is copied to; a debug build reads the folder, so that
    // building the web app again needs no compression and no recompilation.
    let embed = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    memory_serve::load_names_directories([("app", directory("app")), ("reference", directory("reference"))], embed);
}
