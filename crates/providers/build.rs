//! Writes the public vocabularies of OpenAI's tokenizers into tables that need no loading: a
//! process reads them where they lie in its program file, page by page as they are used.

#![allow(
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a build script: it stops the build when it is wrong"
)]

use std::{error::Error, fs, path::PathBuf};

use regex_syntax::hir::{Class, HirKind};
use tiktoken_rs::CoreBPE;

#[path = "src/tokens/hash.rs"]
mod hash;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/tokens/hash.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    fs::write(out.join("o200k.bin"), vocabulary(&tiktoken_rs::o200k_base()?)?)?;
    fs::write(out.join("cl100k.bin"), vocabulary(&tiktoken_rs::cl100k_base()?)?)?;
    fs::write(out.join("classes.bin"), classes()?)?;
    Ok(())
}

/// Numbers in little endian, 32 bits each: how many tokens, the logarithm of the number of
/// places, the rank of each pair of bytes, the places, where each token begins, and where the last one ends. Then the tokens.
fn vocabulary(bpe: &CoreBPE) -> Result<Vec<u8>, Box<dyn Error>> {
    // The ordinary tokens have the ranks from 0 on.
    let tokens: Vec<Vec<u8>> = (0..).map_while(|rank| bpe.decode_bytes(&[rank]).ok()).collect();
    if tokens.len() < 100_000 || tokens.len() >= 1 << hash::RANK_BITS {
        return Err(format!("a vocabulary of {} tokens", tokens.len()).into());
    }
    let bits = (tokens.len() * 2).next_power_of_two().ilog2();
    let mut places = vec![hash::EMPTY; 1 << bits];
    let mut starts = vec![0_u32];
    for (rank, token) in tokens.iter().enumerate() {
        let hashed = hash::hash(token);
        let mut place = hash::first(hashed, bits);
        while places[place] != hash::EMPTY {
            place = (place + 1) & (places.len() - 1);
        }
        places[place] = hash::mark(hashed) << hash::RANK_BITS | rank as u32;
        starts.push(starts[rank] + token.len() as u32);
    }
    let mut pairs = vec![hash::EMPTY; 1 << 16];
    for (rank, token) in tokens.iter().enumerate() {
        if let [a, b] = **token {
            pairs[usize::from(a) << 8 | usize::from(b)] = rank as u32;
        }
    }
    let numbers = [tokens.len() as u32, bits].into_iter().chain(pairs).chain(places).chain(starts);
    let mut bytes: Vec<u8> = numbers.flat_map(u32::to_le_bytes).collect();
    bytes.extend(tokens.into_iter().flatten());
    Ok(bytes)
}

/// The class of every character, as the tokenizers' expressions see them: for each block of
/// 256 the number of its row, and then the rows.
fn classes() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut classes = vec![0_u8; 0x11_0000];
    // In the order of `Class` in split.rs.
    let properties = [r"[\p{Lu}\p{Lt}]", r"\p{Ll}", r"[\p{Lm}\p{Lo}]", r"\p{M}", r"\p{N}", r"\s", r"[\r\n]"];
    for (class, property) in (1..).zip(properties) {
        let HirKind::Class(Class::Unicode(set)) = regex_syntax::parse(property)?.into_kind() else {
            return Err(format!("{property} is no class").into());
        };
        for range in set.ranges() {
            classes[range.start() as usize..=range.end() as usize].fill(class);
        }
    }
    let mut rows: Vec<&[u8]> = Vec::new();
    let mut table = Vec::new();
    for block in classes.chunks(256) {
        let row = rows.iter().position(|row| *row == block).unwrap_or_else(|| {
            rows.push(block);
            rows.len() - 1
        });
        table.push(u8::try_from(row)?);
    }
    table.extend(rows.concat());
    Ok(table)
}
