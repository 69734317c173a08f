//! Reading a request field by field, so that each mistake names its place and nothing is
//! dropped in silence: a field that nobody took is refused at the end.

use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// The fields of a JSON object that are still to be read.
pub(crate) struct Fields {
    /// `messages[2].content`; empty at the top.
    path: String,
    map: Map<String, Value>,
}

impl Fields {
    /// The whole body.
    pub fn of_body(body: &[u8]) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            Refusal::new(crate::refusal::Reason::Malformed, format!("The body is not valid JSON: {error}."))
        })?;
        Self::of(String::new(), value)
    }

    /// An object inside of another thing.
    pub fn of(path: impl Into<String>, value: Value) -> Result<Self, Refusal> {
        let path = path.into();
        match value {
            Value::Object(map) => Ok(Self { path, map }),
            _ if path.is_empty() => {
                Err(Refusal::new(crate::refusal::Reason::Malformed, "The body must be a JSON object."))
            }
            _ => Err(Refusal::malformed(path, "expected an object")),
        }
    }

    /// The full name of a field of it.
    pub fn name(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// Takes a field, whatever it is. Null is nothing.
    pub fn take(&mut self, field: &str) -> Option<Value> {
        self.map.remove(field).filter(|value| !value.is_null())
    }

    /// Takes fields that change nothing about the answer.
    pub fn ignore(&mut self, fields: &[&str]) {
        for field in fields {
            self.map.remove(*field);
        }
    }

    pub fn text(&mut self, field: &str) -> Result<Option<String>, Refusal> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::malformed(self.name(field), "expected a string")),
        }
    }

    pub fn need_text(&mut self, field: &str) -> Result<String, Refusal> {
        self.text(field)?.ok_or_else(|| Refusal::missing(self.name(field)))
    }

    pub fn flag(&mut self, field: &str) -> Result<Option<bool>, Refusal> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(Refusal::malformed(self.name(field), "expected true or false")),
        }
    }

    /// A number between the two, both included.
    pub fn number(&mut self, field: &str, least: f64, most: f64) -> Result<Option<f64>, Refusal> {
        let Some(value) = self.take(field) else { return Ok(None) };
        match value.as_f64() {
            Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(Refusal::malformed(self.name(field), format!("expected a number from {least} to {most}"))),
        }
    }

    pub fn count(&mut self, field: &str, least: u64) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.take(field) else { return Ok(None) };
        match value.as_u64() {
            Some(count) if count >= least => Ok(Some(count)),
            _ => Err(Refusal::malformed(self.name(field), format!("expected an integer, at least {least}"))),
        }
    }

    pub fn integer(&mut self, field: &str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.take(field) else { return Ok(None) };
        value.as_i64().map(Some).ok_or_else(|| Refusal::malformed(self.name(field), "expected an integer"))
    }

    pub fn object(&mut self, field: &str) -> Result<Option<Self>, Refusal> {
        let path = self.name(field);
        self.take(field).map(|value| Self::of(path, value)).transpose()
    }

    pub fn list(&mut self, field: &str) -> Result<Option<Vec<Value>>, Refusal> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(_) => Err(Refusal::malformed(self.name(field), "expected an array")),
        }
    }

    /// The objects of a list, each with its own path.
    pub fn objects(&mut self, field: &str) -> Result<Option<Vec<Self>>, Refusal> {
        let path = self.name(field);
        let Some(list) = self.list(field)? else { return Ok(None) };
        list.into_iter()
            .enumerate()
            .map(|(index, value)| Self::of(format!("{path}[{index}]"), value))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// One text, or several.
    pub fn texts(&mut self, field: &str) -> Result<Vec<String>, Refusal> {
        let path = self.name(field);
        let wrong = || Refusal::malformed(path.clone(), "expected a string or an array of strings");
        match self.take(field) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text]),
            Some(Value::Array(list)) => list
                .into_iter()
                .map(|value| if let Value::String(text) = value { Ok(text) } else { Err(wrong()) })
                .collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// Refuses the field unless it is absent or one of the values that mean nothing special.
    pub fn only(&mut self, field: &str, harmless: &[Value]) -> Result<(), Refusal> {
        match self.take(field) {
            Some(value) if !harmless.contains(&value) => Err(self.untranslatable(field)),
            _ => Ok(()),
        }
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), Refusal> {
        match self.map.iter().find(|(_, value)| !value.is_null()) {
            Some((field, _)) => Err(self.untranslatable(field)),
            None => Ok(()),
        }
    }

    pub fn untranslatable(&self, field: &str) -> Refusal {
        Refusal::unsupported(
            self.name(field),
            "this can't be translated for the provider of this model, which speaks another API; leave it out, or choose \
             a model whose provider speaks this one",
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::refusal::Reason;

    #[test]
    fn mistakes_name_their_place() {
        let mut fields = Fields::of("", json!({ "a": { "b": [{ "c": 1 }] }, "t": 3 })).ok().unwrap();
        let mut a = fields.object("a").ok().flatten().unwrap();
        let mut b = a.objects("b").ok().flatten().unwrap().remove(0);
        assert_eq!(b.text("c").unwrap_err().param.as_deref(), Some("a.b[0].c"));
        assert_eq!(fields.number("t", 0.0, 2.0).unwrap_err().message, "t: expected a number from 0 to 2");
        assert_eq!(fields.need_text("m").unwrap_err().reason, Reason::Missing);
    }

    #[test]
    fn what_nobody_took_is_refused() {
        let fields = Fields::of("", json!({ "logit_bias": { "1": 2 }, "gone": null })).ok().unwrap();
        let refusal = fields.end().unwrap_err();
        assert_eq!((refusal.reason, refusal.param.as_deref()), (Reason::Unsupported, Some("logit_bias")));
    }
}
