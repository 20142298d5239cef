use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::problem::shown;
use super::{Problem, values};
use crate::model::{Source, Sources, UnixMillis};

/// A JSON object, field by field. What is wrong is named by its path, and a field that nobody asked for is wrong:
/// it would be lost without a word.
pub(super) struct Fields<'a> {
    path: String,
    given: BTreeMap<String, &'a RawValue>,
    /// No time in it may be later than this, if that is bounded.
    latest: Option<UnixMillis>,
}

impl<'a> Fields<'a> {
    /// The fields of the object at `path`.
    pub fn read(path: String, raw: &'a RawValue) -> Result<Self, Problem> {
        let Object(fields) =
            serde_json::from_str(raw.get()).map_err(|_| expected(&path, "an object", raw))?;
        let mut object = Self {
            path,
            given: BTreeMap::new(),
            latest: None,
        };
        for (name, value) in fields {
            if object.given.contains_key(&name) {
                let path = object.at(&shown(&name));
                return Err(Problem::field(&path, format!("'{path}' is given twice")));
            }
            object.given.insert(name, value);
        }
        Ok(object)
    }

    /// The same, of which no time may be later than that, nor in any object in it.
    pub fn until(self, latest: Option<UnixMillis>) -> Self {
        Self { latest, ..self }
    }

    /// Where the object is, as an error names it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A field as it is; `None` if it is not there or `null`.
    pub fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        self.given.remove(name).filter(|raw| raw.get() != "null")
    }

    /// A field that need not be there.
    pub fn optional<T>(
        &mut self,
        name: &str,
        what: impl fmt::Display,
        read: impl Fn(&RawValue) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(raw) = self.take(name) else {
            return Ok(None);
        };
        read(raw)
            .map(Some)
            .ok_or_else(|| expected(&self.at(name), what, raw))
    }

    /// A field that must be there.
    pub fn required<T>(
        &mut self,
        name: &str,
        what: impl fmt::Display,
        read: impl Fn(&RawValue) -> Option<T>,
    ) -> Result<T, Problem> {
        self.optional(name, &what, read)?
            .ok_or_else(|| self.missing(name, &what))
    }

    /// A text of 1 to `max` bytes, if there is one.
    pub fn optional_text(&mut self, name: &str, max: usize) -> Result<Option<String>, Problem> {
        self.optional(name, text_of(max), |raw| values::text_within(raw, max))
    }

    /// A text of 1 to `max` bytes.
    pub fn text(&mut self, name: &str, max: usize) -> Result<String, Problem> {
        self.required(name, text_of(max), |raw| values::text_within(raw, max))
    }

    /// One of these words, if one is given.
    pub fn word<T>(
        &mut self,
        name: &str,
        words: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let what = format_args!("one of {}", words.join(", ")).to_string();
        self.optional(name, what, |raw| parse(&values::text(raw)?))
    }

    /// One of these words.
    pub fn required_word<T>(
        &mut self,
        name: &str,
        words: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Problem> {
        let word = self.word(name, words, parse)?;
        word.ok_or_else(|| self.missing(name, &format_args!("one of {}", words.join(", "))))
    }

    /// Milliseconds since 1970, and no later than [`until`](Self::until) says.
    pub fn millis(&mut self, name: &str) -> Result<UnixMillis, Problem> {
        let time = self.required(name, "milliseconds since 1970, a whole number", |raw| {
            values::whole(raw).map(UnixMillis::new)
        })?;
        self.in_time(name, time)
    }

    /// RFC 3339, and no later than [`until`](Self::until) says.
    pub fn time(&mut self, name: &str) -> Result<UnixMillis, Problem> {
        let time = self.required(name, "a time like 2025-12-02T12:30:00Z", |raw| {
            UnixMillis::parse_rfc3339(&values::text(raw)?)
        })?;
        self.in_time(name, time)
    }

    fn in_time(&self, name: &str, time: UnixMillis) -> Result<UnixMillis, Problem> {
        match self.latest.filter(|latest| time > *latest) {
            Some(latest) => Err(self.refuse(
                name,
                format_args!("{time} is in the future: expected {latest} at the latest"),
            )),
            None => Ok(time),
        }
    }

    /// Whose it is; the publisher's own if nobody is named.
    pub fn source(&mut self) -> Result<Source, Problem> {
        let source = self.word("source", &Source::ALL.map(Source::as_str), Source::parse)?;
        Ok(source.unwrap_or(Source::Published))
    }

    /// Who said so, each once and in one order.
    pub fn sources(&mut self) -> Result<Sources, Problem> {
        let names = Source::ALL.map(Source::as_str).join(", ");
        let sources = self.optional("sources", format_args!("a list of {names}"), |raw| {
            let names: Vec<String> = serde_json::from_str(raw.get()).ok()?;
            names.iter().map(|name| Source::parse(name)).collect()
        })?;
        Ok(sources.unwrap_or_default())
    }

    /// An object.
    pub fn object(&mut self, name: &str) -> Result<Fields<'a>, Problem> {
        let object = self.optional_object(name)?;
        object.ok_or_else(|| self.missing(name, &"an object"))
    }

    /// An object, if there is one.
    pub fn optional_object(&mut self, name: &str) -> Result<Option<Fields<'a>>, Problem> {
        let path = self.at(name);
        let object = self.take(name).map(|raw| Self::read(path, raw)).transpose()?;
        Ok(object.map(|object| object.until(self.latest)))
    }

    /// A list of at most `max` objects.
    pub fn objects(&mut self, name: &str, max: usize) -> Result<Vec<Fields<'a>>, Problem> {
        let path = self.at(name);
        let raw = self.take(name).ok_or_else(|| self.missing(name, &"a list"))?;
        let items = items(&path, raw)?;
        if items.len() > max {
            let found = items.len();
            return Err(Problem::field(
                &path,
                format!("'{path}': expected at most {max}, found {found}"),
            ));
        }
        items
            .into_iter()
            .map(|(path, raw)| Ok(Self::read(path, raw)?.until(self.latest)))
            .collect()
    }

    /// The same of a list that need not be there, and is empty then.
    pub fn optional_objects(&mut self, name: &str, max: usize) -> Result<Vec<Fields<'a>>, Problem> {
        match self.given.get(name).is_some_and(|raw| raw.get() != "null") {
            true => self.objects(name, max),
            false => {
                self.take(name);
                Ok(Vec::new())
            }
        }
    }

    /// All has been asked for.
    pub fn end(self) -> Result<(), Problem> {
        match self.given.keys().next() {
            Some(name) => {
                let path = self.at(&shown(name));
                Err(Problem::field(&path, format!("There is no field '{path}'")))
            }
            None => Ok(()),
        }
    }

    /// What is wrong with a field, in other words than what was expected.
    pub fn refuse(&self, name: &str, why: impl fmt::Display) -> Problem {
        let path = self.at(name);
        Problem::field(&path, format!("'{path}': {why}"))
    }

    /// A field is not there that must be.
    pub fn missing(&self, name: &str, what: &dyn fmt::Display) -> Problem {
        let path = self.at(name);
        Problem::field(&path, format!("'{path}' is missing: expected {what}"))
    }

    fn at(&self, name: &str) -> String {
        match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }
}

/// The items of the list at `path`, each with its own path.
pub(super) fn items<'a>(path: &str, raw: &'a RawValue) -> Result<Vec<(String, &'a RawValue)>, Problem> {
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| expected(path, "a list", raw))?;
    let numbered = items.into_iter().enumerate();
    Ok(numbered.map(|(n, item)| (format!("{path}[{n}]"), item)).collect())
}

fn expected(path: &str, what: impl fmt::Display, found: &RawValue) -> Problem {
    let found = shown(found.get());
    Problem::field(path, format!("{}: expected {what}, found {found}", called(path)))
}

/// What an error calls the place: the body has no path.
fn called(path: &str) -> String {
    match path {
        "" => "The body".to_owned(),
        path => format!("'{path}'"),
    }
}

fn text_of(max: usize) -> String {
    format!("a text of 1 to {max} bytes")
}

/// An object's fields as they come.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(All)
    }
}
