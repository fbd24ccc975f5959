//! Reading JSON with messages for what is wrong, and writing it with keys in a fixed order.
//!
//! A `Table` is emptied while it is read: the keys that are left in the end are unknown, and are reported. Writing is
//! by hand because the parser's tables are hash maps, and a status whose keys are in a different order each time is
//! hard to read and to compare.

use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;
use tinyjson::JsonValue;

/// A table and where it is in the file.
pub struct Table {
    path: String,
    values: HashMap<String, JsonValue>,
}

/// A list and where it is in the file.
pub struct List {
    path: String,
    values: Vec<JsonValue>,
}

impl Table {
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Table, String> {
        // The parser recurses; no configuration is nested deeper than this.
        let deepest = 64;
        let mut depth = 0usize;
        for byte in text.bytes() {
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > deepest {
                return Err(format!(
                    "not JSON that is read here: nested deeper than {deepest}"
                ));
            }
        }
        match text.parse::<JsonValue>() {
            Ok(JsonValue::Object(values)) => Ok(Table {
                path: String::new(),
                values,
            }),
            Ok(_) => Err("the configuration must be a table".into()),
            Err(error) => Err(format!("not JSON: {error}")),
        }
    }

    /// The place of a key, for a message; of the table itself if the key is empty.
    pub fn place(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (true, _) => key.into(),
            (false, true) => self.path.clone(),
            (false, false) => format!("{}.{key}", self.path),
        }
    }

    /// Whether some key was not read yet.
    pub fn has(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|value| !value.is_null())
    }

    /// Takes a value; `null` is as good as none.
    fn take<T>(
        &mut self,
        key: &str,
        kind: &str,
        wrong: &mut Vec<String>,
        read: impl Fn(JsonValue) -> Option<T>,
    ) -> Option<T> {
        let value = self.values.remove(key).filter(|value| !value.is_null())?;
        let read = read(value);
        if read.is_none() {
            wrong.push(format!("`{}` must be {kind}", self.place(key)));
        }
        read
    }

    pub fn string(&mut self, key: &str, wrong: &mut Vec<String>) -> Option<String> {
        self.take(key, "a string", wrong, string)
    }

    pub fn number(&mut self, key: &str, wrong: &mut Vec<String>) -> Option<f64> {
        self.take(key, "a number", wrong, |value| value.get::<f64>().copied())
    }

    pub fn whole(&mut self, key: &str, wrong: &mut Vec<String>) -> Option<u64> {
        self.take(key, "a whole number that is not negative", wrong, |value| {
            let number = *value.get::<f64>()?;
            (number >= 0.0 && number.fract() == 0.0 && number < 9e15).then_some(number as u64)
        })
    }

    /// A number that fits 32 bits: a truncated user number would be another user.
    pub fn number32(&mut self, key: &str, wrong: &mut Vec<String>) -> Option<u32> {
        let kind = "a whole number from 0 to 4294967295";
        self.take(key, kind, wrong, |value| {
            let number = *value.get::<f64>()?;
            let whole = number as u32;
            (f64::from(whole) == number).then_some(whole)
        })
    }

    pub fn duration(&mut self, key: &str, wrong: &mut Vec<String>) -> Option<Duration> {
        self.take(key, "a number of seconds", wrong, |value| {
            let seconds = *value.get::<f64>()?;
            Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|time| time.as_secs() < 1 << 31)
        })
    }

    pub fn boolean(&mut self, key: &str, wrong: &mut Vec<String>) -> Option<bool> {
        self.take(key, "true or false", wrong, |value| {
            value.get::<bool>().copied()
        })
    }

    pub fn strings(&mut self, key: &str, wrong: &mut Vec<String>) -> Option<Vec<String>> {
        self.take(key, "a list of strings", wrong, |value| match value {
            JsonValue::Array(values) => values.into_iter().map(string).collect(),
            _ => None,
        })
    }

    /// A table of strings, sorted by their keys.
    pub fn pairs(&mut self, key: &str, wrong: &mut Vec<String>) -> Option<Vec<(String, String)>> {
        self.take(key, "a table of strings", wrong, |value| match value {
            JsonValue::Object(values) => {
                let pairs = values
                    .into_iter()
                    .map(|(key, value)| Some((key, string(value)?)));
                let mut pairs = pairs.collect::<Option<Vec<_>>>()?;
                pairs.sort();
                Some(pairs)
            }
            _ => None,
        })
    }

    pub fn table(&mut self, key: &str, wrong: &mut Vec<String>) -> Option<Table> {
        let path = self.place(key);
        self.take(key, "a table", wrong, |value| match value {
            JsonValue::Object(values) => Some(Table {
                path: path.clone(),
                values,
            }),
            _ => None,
        })
    }

    pub fn list(&mut self, key: &str, wrong: &mut Vec<String>) -> Option<List> {
        let path = self.place(key);
        self.take(key, "a list", wrong, |value| match value {
            JsonValue::Array(values) => Some(List {
                path: path.clone(),
                values,
            }),
            _ => None,
        })
    }

    /// Reports the keys that were not read.
    pub fn finish(self, wrong: &mut Vec<String>) {
        let mut left: Vec<_> = self.values.keys().map(|key| self.place(key)).collect();
        left.sort();
        wrong.extend(left.iter().map(|key| format!("unknown key `{key}`")));
    }
}

impl List {
    pub fn tables(self, wrong: &mut Vec<String>) -> Vec<Table> {
        let mut tables = Vec::new();
        for (index, value) in self.values.into_iter().enumerate() {
            let path = format!("{}[{index}]", self.path);
            match value {
                JsonValue::Object(values) => tables.push(Table { path, values }),
                _ => wrong.push(format!("`{path}` must be a table")),
            }
        }
        tables
    }
}

fn string(value: JsonValue) -> Option<String> {
    match value {
        JsonValue::String(text) => Some(text),
        _ => None,
    }
}

/// A JSON text that grows: `open`, fields, `close`.
#[derive(Default)]
pub struct Writer {
    text: String,
}

impl Writer {
    /// Opens a table or a list, as a field of a table if it has a name.
    pub fn open(&mut self, name: Option<&str>, bracket: char) -> &mut Writer {
        self.start(name);
        self.text.push(bracket);
        self
    }

    pub fn close(&mut self, bracket: char) -> &mut Writer {
        self.text.push(bracket);
        self
    }

    pub fn text(&mut self, name: Option<&str>, value: &str) -> &mut Writer {
        self.start(name);
        self.quoted(value);
        self
    }

    /// A number, `true`, `false` or `null`.
    pub fn plain(&mut self, name: Option<&str>, value: impl std::fmt::Display) -> &mut Writer {
        self.start(name);
        let _ = write!(self.text, "{value}");
        self
    }

    pub fn finish(self) -> String {
        self.text
    }

    fn start(&mut self, name: Option<&str>) {
        if !matches!(self.text.chars().last(), None | Some('{' | '[')) {
            self.text.push(',');
        }
        if let Some(name) = name {
            self.quoted(name);
            self.text.push(':');
        }
    }

    fn quoted(&mut self, value: &str) {
        self.text.push('"');
        for letter in value.chars() {
            match letter {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                letter if letter < ' ' => {
                    let _ = write!(self.text, "\\u{:04x}", letter as u32);
                }
                letter => self.text.push(letter),
            }
        }
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut json = Writer::default();
        json.open(None, '{')
            .text(Some("a"), "b\"\\\n\u{1}")
            .plain(Some("n"), 5)
            .open(Some("l"), '[');
        json.text(None, "x").text(None, "y").close(']').close('}');
        let text = json.finish();
        assert_eq!(
            text,
            "{\"a\":\"b\\\"\\\\\\n\\u0001\",\"n\":5,\"l\":[\"x\",\"y\"]}"
        );
        let mut wrong = Vec::new();
        let mut table = Table::parse(&text).unwrap();
        assert_eq!(
            table.string("a", &mut wrong).as_deref(),
            Some("b\"\\\n\u{1}")
        );
        assert_eq!(table.whole("n", &mut wrong), Some(5));
        assert_eq!(table.strings("l", &mut wrong).unwrap(), ["x", "y"]);
        assert!(wrong.is_empty());
    }

    #[test]
    fn brackets_without_end_are_refused() {
        assert!(Table::parse(&"[".repeat(1 << 20)).is_err());
    }
}
