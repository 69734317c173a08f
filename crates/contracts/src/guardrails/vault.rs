//! Placeholders and what they stand for.

/// What was taken out of one call. Lives as long as its answer is written, and is stored nowhere.
#[derive(Default, Clone, PartialEq, Eq)]
pub struct Vault {
    pairs: Vec<(String, String)>,
}

impl std::fmt::Debug for Vault {
    /// How much it holds: what it holds is nobody's to log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({})", self.pairs.len())
    }
}

impl Vault {
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The placeholder that stands for a text already.
    pub fn placeholder(&self, original: &str) -> Option<&str> {
        self.pairs.iter().find(|(_, known)| known == original).map(|(placeholder, _)| placeholder.as_str())
    }

    pub fn holds(&self, placeholder: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == placeholder)
    }

    pub fn put(&mut self, placeholder: String, original: String) {
        self.pairs.push((placeholder, original));
    }

    /// The text with all placeholders undone.
    pub fn undo(&self, text: &str) -> String {
        if !text.contains('[') {
            return text.to_owned();
        }
        self.pairs
            .iter()
            .rev()
            .fold(text.to_owned(), |text, (placeholder, original)| text.replace(placeholder, original))
    }

    /// How many bytes at the end may be the beginning of a placeholder.
    pub fn unsure(&self, text: &str) -> usize {
        let Some(at) = text.rfind('[') else { return 0 };
        let tail = text.get(at..).unwrap_or_default();
        let begins =
            self.pairs.iter().any(|(placeholder, _)| placeholder.len() > tail.len() && placeholder.starts_with(tail));
        if begins { tail.len() } else { 0 }
    }
}
