//! What people call a model, from what its provider calls it: `claude-sonnet-4-5` is
//! Claude Sonnet 4.5.

/// Words that are not just written with a capital letter.
const WORDS: &[(&str, &str)] = &[
    ("gpt", "GPT"),
    ("oss", "OSS"),
    ("deepseek", "DeepSeek"),
    ("glm", "GLM"),
    ("tts", "TTS"),
    ("er", "ER"),
    ("ai", "AI"),
    ("api", "API"),
    ("mini", "mini"),
    ("nano", "nano"),
    ("it", "IT"),
    ("cli", "CLI"),
    ("fim", "FIM"),
    ("us", "US"),
    ("eu", "EU"),
    ("apac", "APAC"),
    ("codellama", "CodeLlama"),
    ("learnlm", "LearnLM"),
    ("zai", "Z.ai"),
    ("pplx", "PPLX"),
];

/// The name for people.
pub fn for_people(id: &str) -> String {
    let (path, last) = id.rsplit_once('/').unwrap_or(("", id));
    let (tuned, last) = last.strip_prefix("ft:").map_or((false, last), |rest| (true, rest));
    let words: Vec<&str> = last.split(['-', '_']).collect();
    let (words, date) = split_date(&words);
    let mut name = String::new();
    let mut notes: Vec<String> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if *word == "latest" {
            notes.push("latest".to_owned());
            continue;
        }
        let previous = index.checked_sub(1).and_then(|before| words.get(before)).copied().unwrap_or("");
        // `4-5` is a version, and `GPT-5` is written with its hyphen.
        let separator = match () {
            () if name.is_empty() => "",
            () if is_digit(word) && is_digit(previous) => ".",
            () if previous == "gpt" => "-",
            () => " ",
        };
        name.push_str(separator);
        name.push_str(&spell(word));
    }
    notes.extend(date);
    if tuned {
        notes.push("fine-tuned".to_owned());
    }
    if matches!(path, "us" | "eu" | "apac" | "global" | "global-standard" | "data-zone") {
        notes.push(spell(path));
    }
    if name.is_empty() {
        return id.to_owned();
    }
    if notes.is_empty() { name } else { format!("{name} ({})", notes.join(", ")) }
}

/// Takes the date off the end: `2025-08-07`, `20250929`, `08-2024`, `2512`, `0309`.
fn split_date<'a>(words: &'a [&'a str]) -> (&'a [&'a str], Option<String>) {
    let number = |word: &str, length: usize| word.len() == length && word.bytes().all(|byte| byte.is_ascii_digit());
    match words {
        [rest @ .., year, month, day] if number(year, 4) && number(month, 2) && number(day, 2) => {
            (rest, Some(format!("{year}-{month}-{day}")))
        }
        [rest @ .., date] if number(date, 8) => (rest, Some(format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]))),
        [rest @ .., month, year] if number(month, 2) && number(year, 4) && year.starts_with("20") => {
            (rest, Some(format!("{year}-{month}")))
        }
        [rest @ .., date] if number(date, 4) => (rest, Some((*date).to_owned())),
        _ => (words, None),
    }
}

fn is_digit(word: &str) -> bool {
    word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn spell(word: &str) -> String {
    if let Some((_, spelled)) = WORDS.iter().find(|(written, _)| *written == word) {
        return (*spelled).to_owned();
    }
    // Sizes: `120b`, `a4b`, `16k`; OpenAI's `4o` and `o3` stay as they are.
    let is_size = word.ends_with(['b', 'k']) && word.bytes().any(|byte| byte.is_ascii_digit());
    if is_size && !word.starts_with("qwen") {
        return word.to_uppercase();
    }
    let is_o_series =
        word.strip_prefix('o').is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()));
    if is_o_series {
        return word.to_owned();
    }
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::for_people;

    #[test]
    fn names_read_as_people_say_them() {
        for (id, name) in [
            ("gpt-5.2", "GPT-5.2"),
            ("gpt-5.2-pro", "GPT-5.2 Pro"),
            ("gpt-5-mini-2025-08-07", "GPT-5 mini (2025-08-07)"),
            ("gpt-4o-mini", "GPT-4o mini"),
            ("gpt-6.1-sol", "GPT-6.1 Sol"),
            ("o3-pro", "o3 Pro"),
            ("claude-sonnet-4-5", "Claude Sonnet 4.5"),
            ("claude-sonnet-4-5-20250929", "Claude Sonnet 4.5 (2025-09-29)"),
            ("claude-opus-5", "Claude Opus 5"),
            ("gemini-2.5-flash-lite", "Gemini 2.5 Flash Lite"),
            ("openai/gpt-oss-120b", "GPT-OSS 120B"),
            ("deepseek-v4-pro", "DeepSeek V4 Pro"),
            ("mistral-large-latest", "Mistral Large (latest)"),
            ("mistral-large-4-0", "Mistral Large 4.0"),
            ("ministral-8b-2512", "Ministral 8B (2512)"),
            ("command-r-plus-08-2024", "Command R Plus (2024-08)"),
            ("grok-4.20-0309-reasoning", "Grok 4.20 0309 Reasoning"),
            ("qwen/qwen3.8-27b", "Qwen3.8 27B"),
            ("llama-3.3-70b", "Llama 3.3 70B"),
            ("eu/gpt-5", "GPT-5 (EU)"),
            ("ft:gpt-4o-2024-08-06", "GPT-4o (2024-08-06, fine-tuned)"),
        ] {
            assert_eq!(for_people(id), name);
        }
    }
}
