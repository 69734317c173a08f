//! The providers against recorded wire formats: what each sends, byte for byte, and what we
//! make of it. Names hold the number of the acceptance criterion that they prove.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a helper that fails is a test that fails")]

mod anthropic;
mod catalogue;
mod compatible;
mod demo;
mod fallback;
mod faults;
mod gemini;
mod harness;
mod native;
mod openai;
mod routing;
mod third_party;
