//! The providers against recorded wire formats: what each sends, byte for byte, and what we
//! make of it. Names hold the number of the acceptance criterion that they prove.

mod anthropic;
mod catalogue;
mod compatible;
mod demo;
mod faults;
mod gemini;
mod harness;
mod openai;
mod third_party;
