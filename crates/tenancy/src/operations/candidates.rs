//! Whom something can be shared with.

use kernel::{GroupId, TenantScope, UserId};

use crate::{Tenancy, TenancyError, store::directory};

/// Of each that are shown, at the most.
const MOST: usize = 20;
/// Members whose names are looked at: in a larger workspace, those who joined first.
const SEARCHED: i64 = 10_000;

/// People, and groups with how many are in them, by name.
pub(crate) struct Candidates {
    pub people: Vec<UserId>,
    pub groups: Vec<(GroupId, String, i64)>,
}

impl Tenancy {
    /// Members other than the caller, and groups, whose names have `text` in them.
    pub(crate) async fn candidates(
        &self,
        scope: &TenantScope,
        caller: UserId,
        text: &str,
    ) -> Result<Candidates, TenancyError> {
        let people = directory::people(&self.db, scope, caller, SEARCHED).await?;
        let groups = directory::groups(&self.db, scope).await?;
        Ok(Candidates {
            people: matching(people, text, |(_, name)| name).into_iter().map(|(id, _)| id).collect(),
            groups: matching(groups, text, |(_, name, _)| name),
        })
    }
}

/// Those whose names have the text in them, by name.
fn matching<T>(all: Vec<T>, text: &str, name: impl Fn(&T) -> &String) -> Vec<T> {
    let text = text.trim().to_lowercase();
    let folded = all.into_iter().map(|item| (name(&item).to_lowercase(), item));
    let mut found: Vec<(String, T)> = folded.filter(|(name, _)| name.contains(&text)).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.into_iter().map(|(_, item)| item).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_language_and_taken_literally() {
        let names = ["Đức", "linh Tran", "Linh An", "100%"].map(str::to_owned).to_vec();
        let found = |text: &str| matching(names.clone(), text, |name| name);
        assert_eq!(found("đứ"), ["Đức"]);
        assert_eq!(found(" LINH "), ["Linh An", "linh Tran"]);
        assert_eq!(found("%"), ["100%"]);
        assert_eq!(found("").len(), 4);
    }
}
