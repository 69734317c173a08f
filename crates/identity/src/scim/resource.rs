//! Users and groups as a directory sees them, and what it says of them.

use kernel::{GroupId, Timestamp, UserId};
use serde_json::{Map, Value, json};

use super::{ScimError, filter::field, patch, store};
use crate::{email, name};

pub(super) const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(super) const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(super) const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// Characters of what a directory may say in one attribute.
const LONGEST: usize = 256;
/// Members of a group in one request.
const MOST_MEMBERS: usize = 10_000;

/// Somebody as the workspace has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScimUser {
    pub id: UserId,
    /// Of the account.
    pub email: String,
    pub name: String,
    /// What the directory has said; none: it has said nothing yet.
    pub told: Option<Told>,
    /// Whether they are a member.
    pub active: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a directory says of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Told {
    pub user_name: String,
    pub external_id: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub display_name: Option<String>,
}

/// What a directory asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UserInput {
    pub told: Told,
    pub active: bool,
    /// Where their letters go: the name if it is an address, else the first of the addresses.
    pub address: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScimGroup {
    pub id: GroupId,
    pub name: String,
    pub external_id: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub members: Vec<store::Member>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupInput {
    pub name: String,
    pub external_id: Option<String>,
    pub members: Vec<UserId>,
}

impl ScimUser {
    pub fn user_name(&self) -> &str {
        self.told.as_ref().map_or(&self.email, |told| &told.user_name)
    }

    /// Whether the directory calls them by this name.
    fn is_called(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.user_name().to_lowercase() == name || email::key(&self.email) == name
    }

    pub(super) fn show(&self, base: &str) -> Map<String, Value> {
        let none = Told::default();
        let told = self.told.as_ref().unwrap_or(&none);
        let mut names = Map::new();
        for (key, value) in [("givenName", &told.given_name), ("familyName", &told.family_name)] {
            if let Some(value) = value {
                names.insert(key.to_owned(), value.as_str().into());
            }
        }
        let mut shown = resource(USER_SCHEMA, "User", &self.id.to_string(), self.created_at, self.updated_at, base);
        shown.insert("userName".to_owned(), self.user_name().into());
        if let Some(id) = &told.external_id {
            shown.insert("externalId".to_owned(), id.as_str().into());
        }
        if !names.is_empty() {
            shown.insert("name".to_owned(), Value::Object(names));
        }
        shown.insert("displayName".to_owned(), told.display_name.as_ref().unwrap_or(&self.name).as_str().into());
        shown.insert("active".to_owned(), self.active.into());
        shown.insert("emails".to_owned(), json!([{ "value": self.email, "type": "work", "primary": true }]));
        shown
    }

    /// What a PUT asks for.
    pub(super) fn replaced(&self, body: &Value) -> Result<UserInput, ScimError> {
        let input = UserInput::read(body)?;
        if !self.is_called(&input.told.user_name) {
            return Err(ScimError::Mutability(
                "An account's address is changed by its person, under Settings, Security.",
            ));
        }
        Ok(input)
    }

    /// What a PATCH asks for.
    pub(super) fn patched(&self, body: &Value) -> Result<UserInput, ScimError> {
        let mut shown = self.show("");
        if self.told.as_ref().is_none_or(|told| told.display_name.is_none()) {
            // The account's name is no word of the directory.
            shown.remove("displayName");
        }
        patch::apply(&mut shown, body)?;
        self.replaced(&Value::Object(shown))
    }
}

impl UserInput {
    pub fn read(body: &Value) -> Result<Self, ScimError> {
        let fields = body.as_object().ok_or_else(|| ScimError::Syntax("it is no object".to_owned()))?;
        let user_name = line(fields, "userName")?.ok_or_else(|| ScimError::value("userName is missing"))?;
        let none = Map::new();
        let names = field(fields, "name").and_then(Value::as_object).unwrap_or(&none);
        let address = if email::check(&user_name).is_ok() { Some(user_name.clone()) } else { first_address(fields) };
        Ok(Self {
            told: Told {
                external_id: line(fields, "externalId")?,
                given_name: line(names, "givenName")?,
                family_name: line(names, "familyName")?,
                display_name: line(fields, "displayName")?,
                user_name,
            },
            active: flag(fields, "active")?.unwrap_or(true),
            address,
        })
    }

    /// What a new account is called.
    pub fn account_name(&self) -> Option<String> {
        let told = &self.told;
        let whole = match (&told.given_name, &told.family_name) {
            (Some(given), Some(family)) => Some(format!("{given} {family}")),
            (one, other) => one.clone().or_else(|| other.clone()),
        };
        told.display_name.clone().or(whole).filter(|text| name::check(text).is_ok())
    }
}

impl ScimGroup {
    pub fn show(&self, base: &str) -> Map<String, Value> {
        let mut shown = resource(GROUP_SCHEMA, "Group", &self.id.to_string(), self.created_at, self.updated_at, base);
        shown.insert("displayName".to_owned(), self.name.as_str().into());
        if let Some(id) = &self.external_id {
            shown.insert("externalId".to_owned(), id.as_str().into());
        }
        let member = |member: &store::Member| {
            json!({
                "value": member.user, "type": "User", "display": member.email,
                "$ref": format!("{base}/Users/{}", member.user),
            })
        };
        shown.insert("members".to_owned(), self.members.iter().map(member).collect());
        shown
    }

    pub fn patched(&self, body: &Value) -> Result<GroupInput, ScimError> {
        let mut shown = self.show("");
        // Members are told apart by their id alone.
        let ids: Value = self.members.iter().map(|member| json!({ "value": member.user })).collect();
        shown.insert("members".to_owned(), ids);
        patch::apply(&mut shown, body)?;
        GroupInput::read(&Value::Object(shown))
    }
}

impl GroupInput {
    pub fn read(body: &Value) -> Result<Self, ScimError> {
        let fields = body.as_object().ok_or_else(|| ScimError::Syntax("it is no object".to_owned()))?;
        let name = line(fields, "displayName")?.ok_or_else(|| ScimError::value("displayName is missing"))?;
        if name.chars().count() > 80 || name::check(&name).is_err() {
            return Err(ScimError::value("displayName must have at most 80 characters, and no control characters"));
        }
        let listed: &[Value] = match field(fields, "members") {
            Some(Value::Array(list)) => list,
            Some(Value::Null) | None => &[],
            Some(one) => std::slice::from_ref(one),
        };
        if listed.len() > MOST_MEMBERS {
            return Err(ScimError::value(format!("a group may name {MOST_MEMBERS} members at once")));
        }
        let mut members = Vec::with_capacity(listed.len());
        for one in listed {
            let id = match one {
                Value::Object(fields) => field(fields, "value").and_then(Value::as_str),
                simple => simple.as_str(),
            };
            let id = id.and_then(|id| id.parse().ok());
            members.push(id.ok_or_else(|| ScimError::value("a member is named by the id of a user"))?);
        }
        members.sort_unstable();
        members.dedup();
        Ok(Self { name, external_id: line(fields, "externalId")?, members })
    }
}

fn resource(
    schema: &str,
    kind: &str,
    id: &str,
    created_at: Timestamp,
    updated_at: Timestamp,
    base: &str,
) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("schemas".to_owned(), json!([schema]));
    shown.insert("id".to_owned(), id.into());
    shown.insert(
        "meta".to_owned(),
        json!({
            "resourceType": kind, "created": created_at, "lastModified": updated_at,
            "location": format!("{base}/{kind}s/{id}"),
        }),
    );
    shown
}

/// A text of one line; an empty one is none.
fn line(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    let text = match field(fields, name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim(),
        Some(_) => return Err(ScimError::value(format!("{name} must be a text"))),
    };
    if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(ScimError::value(format!(
            "{name} must have at most {LONGEST} characters, and no control characters"
        )));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// True or false, also as Entra ID writes it.
fn flag(fields: &Map<String, Value>, name: &str) -> Result<Option<bool>, ScimError> {
    match field(fields, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(_) => Err(ScimError::value(format!("{name} must be true or false"))),
    }
}

/// The primary address, or else the first.
fn first_address(fields: &Map<String, Value>) -> Option<String> {
    let list: Vec<&Map<String, Value>> =
        field(fields, "emails")?.as_array()?.iter().filter_map(Value::as_object).collect();
    let primary = list.iter().find(|one| field(one, "primary") == Some(&Value::Bool(true)));
    let address = field(primary.or(list.first())?, "value")?.as_str()?.trim();
    email::check(address).is_ok().then(|| address.to_owned())
}
