//! Embeds `migrations/{sqlite,postgres}/*.sql`, so that the binary carries its schema.

#![allow(clippy::disallowed_methods, reason = "Cargo talks to a build script by its environment")]

use std::{env, error::Error, ffi::OsStr, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../migrations");
    let mut code = String::new();
    for engine in ["sqlite", "postgres"] {
        let folder = root.join(engine);
        // A changed folder means a file came or went; the files themselves are watched by include_str.
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut names = fs::read_dir(&folder)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<Vec<_>, std::io::Error>>()?;
        names.retain(|name| Path::new(name).extension() == Some(OsStr::new("sql")));
        names.sort_unstable();
        writeln!(code, "pub const {}: &[Migration] = &[", engine.to_uppercase())?;
        for name in names {
            let (version, title) = name
                .strip_suffix(".sql")
                .and_then(|stem| stem.split_once('_'))
                .and_then(|(number, title)| Some((number.parse::<i64>().ok()?, title)))
                .ok_or_else(|| format!("migrations/{engine}/{name}: expected NNNN_name.sql"))?;
            let path = folder.join(&name).canonicalize()?;
            let path = path.to_str().ok_or("the path of the checkout is not Unicode")?;
            writeln!(code, "    Migration {{ version: {version}, name: {title:?}, sql: include_str!({path:?}) }},")?;
        }
        code.push_str("];\n");
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("migrations.rs"), code)?;
    Ok(())
}
