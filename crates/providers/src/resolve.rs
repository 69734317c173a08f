//! From a name that a developer writes to the models that may answer.

use std::{collections::BTreeSet, sync::Arc};

use contracts::providers::ProviderError;

use crate::{
    error,
    registry::{Entry, Snapshot},
};

/// Names to suggest for one that is unknown.
const SUGGESTIONS: usize = 3;
/// How alike a name must be to be suggested, from 0 to 1.
const ALIKE: f64 = 0.5;
/// Longer names are not compared.
const LONGEST: usize = 100;

/// Beginnings of names, and who makes the models that are called so.
const MAKERS: &[(&str, &str)] = &[
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding-", "openai"),
    ("claude-", "anthropic"),
    ("gemini-", "gemini"),
    ("grok-", "xai"),
    ("mistral-", "mistral"),
    ("magistral-", "mistral"),
    ("codestral", "mistral"),
    ("deepseek-", "deepseek"),
    ("command-", "cohere"),
    ("sonar", "perplexity"),
];

/// The model of a bare name (`gpt-5.2`) among those that are called so: its maker's where that
/// can be used, else that of the only provider who has it.
pub(crate) fn bare(known: &[Arc<Entry>], name: &str) -> Result<Option<Arc<Entry>>, ProviderError> {
    let usable: Vec<&Arc<Entry>> = known.iter().filter(|entry| entry.model.unavailable.is_none()).collect();
    let maker = MAKERS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, maker)| *maker);
    let of_maker = |entries: &[&Arc<Entry>]| {
        entries.iter().find(|entry| Some(entry.model.provider.as_str()) == maker).map(|entry| Arc::clone(entry))
    };
    if let Some(entry) = of_maker(&usable) {
        return Ok(Some(entry));
    }
    match usable.as_slice() {
        [only] => Ok(Some(Arc::clone(only))),
        [] => {
            // None can be used: it says why, and its maker says it best.
            let all: Vec<&Arc<Entry>> = known.iter().collect();
            Ok(of_maker(&all).or_else(|| known.first().cloned()))
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|entry| entry.model.id.as_str()).collect();
            Err(error::ambiguous(name, &ids))
        }
    }
}

/// The model that makes vectors, of an id or a bare name.
pub(crate) fn embedder(snapshot: &Snapshot, name: &str) -> Result<Option<Arc<Entry>>, ProviderError> {
    if let Some(entry) = snapshot.embedders.iter().find(|entry| entry.model.id == name) {
        return Ok(Some(Arc::clone(entry)));
    }
    let known: Vec<_> = snapshot.embedders.iter().filter(|entry| entry.name == name).cloned().collect();
    bare(&known, name)
}

/// There is no such model; says which ones look like it. `more` are names beyond the models'.
pub(crate) fn unknown<'a>(snapshot: &'a Snapshot, wanted: &str, more: impl Iterator<Item = &'a str>) -> ProviderError {
    if wanted.len() > LONGEST {
        return error::unknown(wanted, &[]);
    }
    let lower = wanted.to_lowercase();
    let bare = !wanted.contains('/');
    let models = snapshot.listed.iter().filter(|model| model.unavailable.is_none());
    let names = models.map(|model| {
        let id = model.id.as_str();
        // Who writes bare names is shown bare names.
        if bare { id.split_once('/').map_or(id, |(_, name)| name) } else { id }
    });
    let distinct: BTreeSet<&str> = names.chain(more).collect();
    let mut alike: Vec<(f64, &str)> = distinct
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    let nearest: Vec<&str> = alike.into_iter().map(|(_, name)| name).take(SUGGESTIONS).collect();
    error::unknown(wanted, &nearest)
}
