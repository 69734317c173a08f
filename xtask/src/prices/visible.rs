//! Which models deserve a line in a list: those that a person would choose to chat with.

use providers::catalogue::Row;

/// Parts of names of models that are for something else than chat, or for tests.
const SPECIAL: &[&str] = &[
    "audio",
    "realtime",
    "search",
    "computer-use",
    "deep-research",
    "container",
    "guard",
    "-tts",
    "lyria",
    "robotics",
    "-live",
    "image",
    "customtools",
    "learnlm",
    "-exp",
    "gv2",
    "beta",
    "experimental",
    "multi-agent",
    "-fim-",
    "ocr",
    "moderation",
    "voxtral",
    "vibe-cli",
    "leanstral",
    "codellama",
    "pplx-",
    "sonar-small",
    "sonar-medium",
    "omni",
    "rosalind",
    "daybreak",
    "-cyber",
    "transcribe",
];

/// Models that their providers switched off without a date in the list.
const GONE: &[&str] = &[
    "perplexity/llama-",
    "perplexity/mistral-",
    "perplexity/mixtral-",
    "deepseek/deepseek-coder",
    "deepseek/deepseek-r1",
    "deepseek/deepseek-v3",
    "cohere/c4ai-",
    "cerebras/llama3.1-",
    "gemini/gemini-gemma-2",
    "mistral/open-",
    "mistral/mistral-tiny",
    "mistral/pixtral",
    "mistral/codestral-mamba",
];

/// Second names of models that stand here under another.
const ALIASES: &[&str] = &[
    "deepseek/deepseek-flash",
    "mistral/glm-5-2",
    "mistral/mistral-large-4-0",
    "mistral/mistral-medium-3.5",
    "mistral/ministral-3-",
    "xai/grok-4.20-0309-",
    "xai/grok-code-fast-1",
];

/// Whether the row is shown, `ids` being all there are.
pub fn is_visible(row: &Row, ids: &[String]) -> bool {
    let exists = |id: &str| ids.iter().any(|other| other == id);
    let name = row.id.split_once('/').map_or("", |(_, name)| name);
    if row.api().is_none()
        || row.price.input.is_none()
        || name.starts_with("ft:")
        || SPECIAL.iter().any(|part| name.contains(part))
        || GONE.iter().chain(ALIASES).any(|start| row.id.starts_with(start))
        || is_regional(row.provider(), name)
    {
        return false;
    }
    // A snapshot, or a name that moves, of a model that stands here under its plain name.
    let stem = stem(&row.id);
    if stem != row.id {
        return !exists(stem) && (row.id.ends_with("-latest") || !exists(&format!("{stem}-latest")));
    }
    true
}

/// Azure lists prices by region; the model itself stands under its plain name.
fn is_regional(provider: &str, name: &str) -> bool {
    provider == "azure" && name.contains('/')
}

/// The id without a date or `-latest` at its end.
fn stem(id: &str) -> &str {
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(stem) = id.strip_suffix("-latest") {
        return stem;
    }
    let Some((rest, last)) = id.rsplit_once('-') else { return id };
    if digits(last, 8) || digits(last, 4) && !last.starts_with("20") {
        return rest;
    }
    if digits(last, 2)
        && let Some((rest, month)) = rest.rsplit_once('-')
        && let Some((rest, year)) = rest.rsplit_once('-')
        && digits(month, 2)
        && digits(year, 4)
    {
        return rest;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn finds_the_model_of_a_snapshot() {
        for (id, plain) in [
            ("openai/gpt-5-2025-08-07", "openai/gpt-5"),
            ("anthropic/claude-haiku-4-5-20251001", "anthropic/claude-haiku-4-5"),
            ("mistral/mistral-large-latest", "mistral/mistral-large"),
            ("mistral/ministral-8b-2512", "mistral/ministral-8b"),
            ("openai/gpt-5.2", "openai/gpt-5.2"),
            ("openai/o3", "openai/o3"),
        ] {
            assert_eq!(stem(id), plain);
        }
    }
}
