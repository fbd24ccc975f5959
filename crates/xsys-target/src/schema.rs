//! Checking a spec against the schema rustc prints, with the place of every mistake.
//!
//! Only the part of JSON Schema (draft 2020-12) that rustc's schema uses is implemented: `type`,
//! `properties`, `required`, `additionalProperties`, `items`, `prefixItems`, `anyOf`, `oneOf`,
//! `enum`, `const`, `minimum`, `maximum`, and `$ref` into `$defs`. Anything else (`pattern`,
//! `format`) is ignored: rustc's own reader has the last word anyway, see `check`.

use serde_json::Value as Json;
use xsys_diag::{Diagnostic, Source, did_you_mean};

use crate::json::{Member, Node, Value};

/// rustc's schema of target specs.
pub(crate) struct Schema {
    root: Json,
    /// The compiler, for messages: `rustc 1.95.0`.
    compiler: String,
}

impl Schema {
    /// From what `--print target-spec-json-schema` wrote; nothing if that is no schema.
    pub(crate) fn new(text: &str, compiler: String) -> Option<Schema> {
        let root: Json = serde_json::from_str(text).ok()?;
        root.get("properties")?.as_object()?;
        Some(Schema { root, compiler })
    }

    /// Every mistake in the spec.
    pub(crate) fn check(&self, node: &Node, source: &Source) -> Vec<Diagnostic> {
        let mut check = Check {
            schema: self,
            source,
            path: String::new(),
            found: Vec::new(),
        };
        check.value(&self.root, node);
        check.found
    }

    /// Follows `$ref` to the end.
    fn resolve<'a>(&'a self, mut schema: &'a Json) -> &'a Json {
        // A schema that refers to itself in a circle says nothing.
        for _ in 0..16 {
            let Some(target) = schema.get("$ref").and_then(Json::as_str) else {
                break;
            };
            match target
                .strip_prefix("#")
                .and_then(|pointer| self.root.pointer(pointer))
            {
                Some(next) => schema = next,
                None => return &Json::Bool(true),
            }
        }
        schema
    }

    /// The alternatives of a schema, without `null`; nested ones are flattened.
    fn alternatives<'a>(&'a self, schema: &'a Json) -> Vec<&'a Json> {
        let schema = self.resolve(schema);
        let Some(list) = ["anyOf", "oneOf"]
            .iter()
            .find_map(|key| schema.get(key)?.as_array())
        else {
            return vec![schema];
        };
        list.iter()
            .flat_map(|one| self.alternatives(one))
            .filter(|one| one.get("type") != Some(&Json::from("null")))
            .collect()
    }

    fn allows_null(&self, schema: &Json) -> bool {
        let schema = self.resolve(schema);
        types(schema).contains(&"null")
            || ["anyOf", "oneOf"]
                .iter()
                .filter_map(|key| schema.get(key)?.as_array())
                .flatten()
                .any(|one| self.allows_null(one))
    }

    /// What a value of this schema is, in words.
    fn expected(&self, schema: &Json) -> String {
        let alternatives = self.alternatives(schema);
        let words = self.words(schema);
        if !words.is_empty() {
            return match words.as_slice() {
                [one] => format!("`{one}`"),
                many => format!("one of {}", quoted(many)),
            };
        }
        let mut parts: Vec<String> = Vec::new();
        for one in alternatives {
            for kind in types(one) {
                let part = match kind {
                    "string" => "a string".to_owned(),
                    "boolean" => "true or false".to_owned(),
                    "integer" => match (one.get("minimum"), one.get("maximum")) {
                        (Some(low), Some(high)) => format!("a number from {low} to {high}"),
                        _ => "a number".to_owned(),
                    },
                    "array" => match one.get("items") {
                        Some(items) => format!("a list, each item {}", self.expected(items)),
                        None => "a list".to_owned(),
                    },
                    "object" => match one.get("additionalProperties") {
                        Some(each @ Json::Object(_)) => {
                            format!("an object, each value {}", self.expected(each))
                        }
                        _ => "an object".to_owned(),
                    },
                    _ => continue,
                };
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        parts.join(", or ")
    }

    /// The strings a schema allows, if it lists them.
    fn words<'a>(&'a self, schema: &'a Json) -> Vec<&'a str> {
        let mut words = Vec::new();
        for one in self.alternatives(schema) {
            match (one.get("const"), one.get("enum")) {
                (Some(Json::String(word)), _) => words.push(word.as_str()),
                (_, Some(Json::Array(list))) => words.extend(list.iter().filter_map(Json::as_str)),
                _ => return Vec::new(),
            }
        }
        words
    }
}

/// The names of a schema's types: one or a list.
fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(list)) => list.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

struct Check<'a> {
    schema: &'a Schema,
    source: &'a Source,
    /// The keys on the way to the value, for messages: `metadata.tier`.
    path: String,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Json, node: &Node) {
        let rules = self.schema;
        if node.value == Value::Null && rules.allows_null(schema) {
            return;
        }
        let alternatives = rules.alternatives(schema);
        let one = match alternatives.as_slice() {
            [] => return,
            [one] => *one,
            several => match self.choose(several, node) {
                Some(one) => one,
                None => return self.mismatch(schema, node),
            },
        };
        if !one.is_object() {
            return;
        }
        let words = rules.words(one);
        if !words.is_empty() {
            return match &node.value {
                Value::String(text) if words.contains(&text.as_str()) => {}
                _ => self.mismatch(schema, node),
            };
        }
        let fits = types(one).iter().any(|kind| has_type(&node.value, kind));
        if !types(one).is_empty() && !fits {
            return self.mismatch(schema, node);
        }
        match &node.value {
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                let limit = |key: &str| one.get(key).and_then(Json::as_f64);
                if limit("minimum").is_some_and(|low| number < low)
                    || limit("maximum").is_some_and(|high| number > high)
                {
                    self.mismatch(schema, node);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let rule = one
                        .get("prefixItems")
                        .and_then(|list| list.get(index))
                        .or_else(|| one.get("items"));
                    if let Some(rule) = rule {
                        self.inside(&format!("[{index}]"), |check| check.value(rule, item));
                    }
                }
            }
            Value::Object(members) => self.object(one, members, node),
            _ => {}
        }
    }

    fn object(&mut self, schema: &Json, members: &[Member], node: &Node) {
        let rules = self.schema;
        let no_keys = serde_json::Map::new();
        let known = schema
            .get("properties")
            .and_then(Json::as_object)
            .unwrap_or(&no_keys);
        for member in members {
            let rule = known
                .get(&member.key)
                .or(schema.get("additionalProperties"));
            match rule {
                Some(Json::Bool(false)) => {
                    let names: Vec<&str> = known.keys().map(String::as_str).collect();
                    self.unknown_key(member, &names);
                }
                Some(rule) => {
                    let step = format!(".{}", member.key);
                    self.inside(&step, |check| check.value(rule, &member.value));
                }
                // Inner objects may have keys that the schema does not list.
                None => {}
            }
        }
        let required = schema.get("required").and_then(Json::as_array);
        for key in required.into_iter().flatten().filter_map(Json::as_str) {
            if members.iter().any(|member| member.key == key) {
                continue;
            }
            let place = node.span.start..node.span.start + 1;
            let expected = known
                .get(key)
                .map(|rule| format!("`{key}` is {}", rules.expected(rule)));
            let mut problem = Diagnostic::error(format!("missing key `{key}`")).label(
                self.source,
                place,
                format!("in {}", self.whole()),
            );
            problem.notes.extend(expected);
            self.found.push(problem);
        }
    }

    fn unknown_key(&mut self, member: &Member, known: &[&str]) {
        let key = member.key.as_str();
        let problem = Diagnostic::error(format!("unknown key `{key}`")).label(
            self.source,
            member.key_span.clone(),
            format!("{} does not know it", self.schema.compiler),
        );
        let history = HISTORY.iter().find(|(name, _)| *name == key);
        let problem = match (history, did_you_mean(key, known.iter().copied())) {
            (Some((_, advice)), _) => problem.help(*advice),
            (None, Some(close)) => problem.help(format!("did you mean `{close}`?")),
            (None, None) => problem.help("remove it; keys come and go with rustc's releases"),
        };
        self.found.push(problem);
    }

    /// The alternative that was probably meant, chosen by the value's type or by its `kind`.
    fn choose<'s>(&self, alternatives: &[&'s Json], node: &Node) -> Option<&'s Json> {
        let kind = node.member("kind").map(|member| member.value.plain());
        alternatives.iter().copied().find(|one| {
            let word = one.pointer("/properties/kind/const");
            let words = self.schema.words(one);
            let right_type = types(one).iter().any(|kind| has_type(&node.value, kind));
            let right_word = match &node.value {
                Value::String(text) if !words.is_empty() => words.contains(&text.as_str()),
                _ => word.is_none() || word == kind.as_ref(),
            };
            right_type && right_word
        })
    }

    fn mismatch(&mut self, schema: &Json, node: &Node) {
        let rules = self.schema;
        // Objects told apart by `kind`: if that is wrong, it is the only mistake reported.
        let kinds: Vec<&str> = rules
            .alternatives(schema)
            .iter()
            .filter_map(|one| one.pointer("/properties/kind/const")?.as_str())
            .collect();
        let (at, words, expected) = match node.member("kind") {
            Some(member) if !kinds.is_empty() => {
                let expected = format!("one of {}", quoted(&kinds));
                (&member.value, kinds, expected)
            }
            _ => (node, rules.words(schema), rules.expected(schema)),
        };
        let path = self.whole();
        let problem = match &at.value {
            Value::String(text) if !words.is_empty() => {
                Diagnostic::error(format!("`{text}` is no value of {path}"))
            }
            _ => Diagnostic::error(format!("wrong type for {path}")),
        };
        let mut problem =
            problem.label(self.source, at.span.clone(), format!("expected {expected}"));
        if let Value::String(text) = &at.value {
            if let Some(close) = did_you_mean(text, words.iter().copied()) {
                problem = problem.help(format!("did you mean `{close}`?"));
            } else if words.is_empty()
                && (text.parse::<u64>().is_ok() || text == "true" || text == "false")
            {
                problem = problem.help(format!("write {text} without quotes"));
            }
        }
        self.found.push(problem);
    }

    fn inside(&mut self, step: &str, work: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(step);
        work(self);
        self.path.truncate(length);
    }

    fn whole(&self) -> String {
        match self.path.strip_prefix('.') {
            Some(path) => format!("`{path}`"),
            None => "the target spec".to_owned(),
        }
    }
}

/// Keys that were once right, or that rustc prints and does not read.
const HISTORY: &[(&str, &str)] = &[
    (
        "is-builtin",
        "remove it: it only marks the specs that rustc prints of its own",
    ),
    ("cfg-abi", "the key is called `abi`"),
    (
        "allows-weak-linkage",
        "remove it: newer compilers decide by the object format",
    ),
    (
        "unsupported-cpus",
        "remove it for this compiler: the key is newer than it is",
    ),
    ("features-from-env", "list the features under `features`"),
    ("target-env", "the key is called `env`"),
    ("target-os", "the key is called `os`"),
    ("target-vendor", "the key is called `vendor`"),
    ("target-arch", "the key is called `arch`"),
    ("pointer-width", "the key is called `target-pointer-width`"),
    ("endian", "the key is called `target-endian`"),
    (
        "no-compiler-rt",
        "remove it: compiler_builtins is always linked",
    ),
    (
        "abi-blacklist",
        "remove it: rustc knows each architecture's calling conventions",
    ),
    (
        "unsupported-abis",
        "remove it: rustc knows each architecture's calling conventions",
    ),
];

fn has_type(value: &Value, kind: &str) -> bool {
    match (value, kind) {
        (Value::Null, "null")
        | (Value::Bool(_), "boolean")
        | (Value::String(_), "string")
        | (Value::Array(_), "array")
        | (Value::Object(_), "object")
        | (Value::Number(_), "number") => true,
        (Value::Number(number), "integer") => number.is_i64() || number.is_u64(),
        _ => false,
    }
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    /// A small schema with every construct of the real one.
    const SCHEMA: &str = r##"{
        "type": "object", "additionalProperties": false, "required": ["arch", "width"],
        "properties": {
            "arch": {"$ref": "#/$defs/Arch"},
            "width": {"type": "integer", "minimum": 0, "maximum": 65535},
            "cpu": {"type": ["string", "null"]},
            "flag": {"type": ["boolean", "null"]},
            "panic-strategy": {"anyOf": [{"$ref": "#/$defs/Panic"}, {"type": "null"}]},
            "frame": {"oneOf": [{"type": "string", "const": "always"}, {"type": "string", "const": "never"}]},
            "family": {"anyOf": [{"$ref": "#/$defs/Family"}, {"type": "null"}]},
            "args": {"type": ["object", "null"], "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            "sanitizers": {"type": ["array", "null"], "items": {"type": "string", "enum": ["address", "leak"]}},
            "probes": {"anyOf": [{"$ref": "#/$defs/Probes"}, {"type": "null"}]},
            "metadata": {"type": "object", "properties": {"tier": {"type": ["integer", "null"]}}}
        },
        "$defs": {
            "Arch": {"type": "string"},
            "Panic": {"type": "string", "enum": ["unwind", "abort"]},
            "Family": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]},
            "Probes": {"oneOf": [
                {"type": "object", "properties": {"kind": {"type": "string", "const": "none"}}, "required": ["kind"]},
                {"type": "object", "properties": {"kind": {"type": "string", "const": "call"}, "min": {"type": "array", "prefixItems": [{"type": "integer"}]}}, "required": ["kind", "min"]}
            ]}
        }
    }"##;

    fn found(schema: &Schema, text: &str) -> Vec<String> {
        let source = Source {
            path: "t.json".into(),
            text: text.into(),
        };
        let node = parse(&source).unwrap();
        schema
            .check(&node, &source)
            .iter()
            .map(Diagnostic::to_string)
            .collect()
    }

    #[test]
    fn each_mistake_has_its_place() {
        let schema = Schema::new(SCHEMA, "rustc 1.0.0".to_owned()).unwrap();
        // What follows `"arch": "a", "width": 1, ` (24 characters and the brace), and the expected
        // message.
        let cases: &[(&str, &[&str])] = &[
            (
                "\"cpu\": null, \"flag\": true, \"panic-strategy\": \"abort\"",
                &[],
            ),
            (
                "\"family\": \"unix\", \"frame\": \"never\", \"args\": {\"gnu\": [\"-x\"]}",
                &[],
            ),
            (
                "\"family\": [\"a\"], \"probes\": {\"kind\": \"call\", \"min\": [1, 2]}",
                &[],
            ),
            (
                "\"metadata\": {\"tier\": 2, \"other\": 1}, \"panic-strategy\": null",
                &[],
            ),
            (
                "\"panic-stratgy\": 1",
                &[
                    "error: unknown key `panic-stratgy`\n  --> t.json:1:27: rustc 1.0.0 does not know it\n  = help: did you mean `panic-strategy`?",
                ],
            ),
            (
                "\"is-builtin\": true",
                &[
                    "error: unknown key `is-builtin`\n  --> t.json:1:27: rustc 1.0.0 does not know it\n  = help: remove it: it only marks the specs that rustc prints of its own",
                ],
            ),
            (
                "\"xyzzy\": true",
                &[
                    "error: unknown key `xyzzy`\n  --> t.json:1:27: rustc 1.0.0 does not know it\n  = help: remove it; keys come and go with rustc's releases",
                ],
            ),
            (
                "\"flag\": \"true\"",
                &[
                    "error: wrong type for `flag`\n  --> t.json:1:35: expected true or false\n  = help: write true without quotes",
                ],
            ),
            (
                "\"cpu\": 3",
                &["error: wrong type for `cpu`\n  --> t.json:1:34: expected a string"],
            ),
            (
                "\"panic-strategy\": \"abrot\"",
                &[
                    "error: `abrot` is no value of `panic-strategy`\n  --> t.json:1:45: expected one of `unwind`, `abort`\n  = help: did you mean `abort`?",
                ],
            ),
            (
                "\"frame\": \"allways\"",
                &[
                    "error: `allways` is no value of `frame`\n  --> t.json:1:36: expected one of `always`, `never`\n  = help: did you mean `always`?",
                ],
            ),
            (
                "\"family\": 1",
                &[
                    "error: wrong type for `family`\n  --> t.json:1:37: expected a list, each item a string, or a string",
                ],
            ),
            (
                "\"args\": {\"gnu\": \"-x\", \"b\": [1]}",
                &[
                    "error: wrong type for `args.gnu`\n  --> t.json:1:43: expected a list, each item a string",
                    "error: wrong type for `args.b[0]`\n  --> t.json:1:55: expected a string",
                ],
            ),
            (
                "\"sanitizers\": [\"leak\", \"adress\"]",
                &[
                    "error: `adress` is no value of `sanitizers[1]`\n  --> t.json:1:50: expected one of `address`, `leak`\n  = help: did you mean `address`?",
                ],
            ),
            (
                "\"probes\": {\"kind\": \"cal\"}",
                &[
                    "error: `cal` is no value of `probes`\n  --> t.json:1:46: expected one of `none`, `call`\n  = help: did you mean `call`?",
                ],
            ),
            (
                "\"probes\": {\"kind\": \"call\"}",
                &[
                    "error: missing key `min`\n  --> t.json:1:37: in `probes`\n  = note: `min` is a list",
                ],
            ),
            (
                "\"probes\": \"none\"",
                &["error: wrong type for `probes`\n  --> t.json:1:37: expected an object"],
            ),
        ];
        for (text, expected) in cases {
            let text = format!("{{\"arch\": \"a\", \"width\": 1, {text}}}");
            assert_eq!(found(&schema, &text), *expected, "{text}");
        }
    }

    #[test]
    fn limits_and_missing_keys() {
        let schema = Schema::new(SCHEMA, "rustc 1.0.0".to_owned()).unwrap();
        let cases: &[(&str, &[&str])] = &[
            (
                " {}",
                &[
                    "error: missing key `arch`\n  --> t.json:1:2: in the target spec\n  = note: `arch` is a string",
                    "error: missing key `width`\n  --> t.json:1:2: in the target spec\n  = note: `width` is a number from 0 to 65535",
                ],
            ),
            (
                "{\"arch\": \"a\", \"width\": 65536}",
                &[
                    "error: wrong type for `width`\n  --> t.json:1:24: expected a number from 0 to 65535",
                ],
            ),
            (
                "{\"arch\": \"a\", \"width\": \"64\"}",
                &[
                    "error: wrong type for `width`\n  --> t.json:1:24: expected a number from 0 to 65535\n  = help: write 64 without quotes",
                ],
            ),
            (
                "{\"arch\": null, \"width\": 1.5}",
                &[
                    "error: wrong type for `arch`\n  --> t.json:1:10: expected a string",
                    "error: wrong type for `width`\n  --> t.json:1:25: expected a number from 0 to 65535",
                ],
            ),
            (
                "[1]",
                &["error: wrong type for the target spec\n  --> t.json:1:1: expected an object"],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(found(&schema, text), *expected, "{text}");
        }
    }
}
