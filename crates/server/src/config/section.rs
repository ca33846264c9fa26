//! A table of a TOML file, read key by key: what was asked for is known, and what is left over at
//! the end is an error that names the nearest known key.
//!
//! Every problem is kept with the path of the thing it is about, so that a file is mended in one
//! round. No message quotes a value: it may be a secret.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use toml::{Table, Value};

use super::Environment;
use super::nearest::nearest;

/// What a file is read with: where secrets are fetched from, and what was found wrong so far.
#[derive(Debug)]
pub struct Reading<'a> {
    /// For secrets kept in variables.
    pub environment: &'a Environment,
    /// The folder of the file: what it names is looked up from there.
    pub folder: PathBuf,
    /// What is wrong with the file.
    problems: RefCell<Vec<String>>,
}

impl<'a> Reading<'a> {
    /// Begins to read a file in this folder.
    pub fn of(folder: PathBuf, environment: &'a Environment) -> Self {
        Self {
            environment,
            folder,
            problems: RefCell::default(),
        }
    }

    /// Parses a file's text. The error names the line and quotes nothing.
    pub fn parse(text: &str) -> Result<Table, String> {
        text.parse::<Table>().map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            format!("line {line}: {}", error.message().replace('\n', " "))
        })
    }

    /// All problems that were kept.
    pub fn into_problems(self) -> Vec<String> {
        self.problems.into_inner()
    }
}

/// A table, and what it is about.
#[derive(Debug)]
pub struct Section<'r> {
    reading: &'r Reading<'r>,
    path: String,
    left: Table,
    known: Vec<&'static str>,
}

impl<'r> Section<'r> {
    /// The table of this path; the file itself has an empty one.
    pub fn new(reading: &'r Reading<'r>, path: impl Into<String>, table: Table) -> Self {
        Self {
            reading,
            path: path.into(),
            left: table,
            known: Vec::new(),
        }
    }

    /// Keeps a problem of one key.
    pub fn problem(&self, key: &str, text: impl fmt::Display) {
        let text = if self.path.is_empty() {
            format!("{key}: {text}")
        } else {
            format!("{}: {key}: {text}", self.path)
        };
        self.reading.problems.borrow_mut().push(text);
    }

    /// The value of a key, if it is there; from now on the key is known.
    pub fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.left.remove(key)
    }

    /// Whether there is something under this key.
    pub fn has(&self, key: &str) -> bool {
        self.left.contains_key(key)
    }

    fn expect<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        convert: impl FnOnce(Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(key)?;
        let found = kind_of(&value);
        let converted = convert(value);
        if converted.is_none() {
            self.problem(key, format!("expected {expected}, found {found}"));
        }
        converted
    }

    /// A text.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        self.expect(key, "a text in quotes", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// A text that must be there.
    pub fn required_text(&mut self, key: &'static str) -> Option<String> {
        if !self.left.contains_key(key) {
            self.known.push(key);
            self.problem(key, "it is missing");
            return None;
        }
        self.text(key)
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.expect(key, "true or false", |value| value.as_bool())
    }

    /// A whole number that fits the type.
    pub fn number<T: TryFrom<i64>>(&mut self, key: &'static str) -> Option<T> {
        let number = self.expect(key, "a whole number", |value| value.as_integer())?;
        let fitting = T::try_from(number).ok();
        if fitting.is_none() {
            self.problem(key, "the number is negative or too large");
        }
        fitting
    }

    /// A list of texts.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.expect(
            key,
            "a list of texts, such as [\"a\", \"b\"]",
            |value| match value {
                Value::Array(items) => items
                    .into_iter()
                    .map(|item| match item {
                        Value::String(text) => Some(text),
                        _ => None,
                    })
                    .collect(),
                _ => None,
            },
        )
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(key)?;
        self.one_of(key, &text, words)
    }

    /// A list of words out of a few.
    pub fn words<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<Vec<T>> {
        let texts = self.texts(key)?;
        texts
            .iter()
            .map(|text| self.one_of(key, text, words))
            .collect()
    }

    fn one_of<T: Copy>(&self, key: &str, text: &str, words: &[(&'static str, T)]) -> Option<T> {
        let found = words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            let known = words.iter().map(|(word, _)| *word);
            let meant = nearest(text, known).unwrap_or_default();
            self.problem(
                key,
                format!("there is no {text:?}; did you mean {meant:?}?"),
            );
        }
        found
    }

    /// A secret: a text, or where to fetch it.
    pub fn secret(&mut self, key: &'static str) -> Option<SecretString> {
        let value = self.take(key)?;
        self.secret_in(key, value)
    }

    fn secret_in(&self, key: &str, value: Value) -> Option<SecretString> {
        match value {
            Value::String(text) => Some(text.into()),
            Value::Table(table) => {
                let mut place = self.below(key, table);
                let fetched = place.fetched();
                place.finish();
                fetched
            }
            other => {
                let found = kind_of(&other);
                let forms = "a text, { env = \"NAME\" } or { file = \"PATH\" }";
                self.problem(key, format!("expected {forms}, found {found}"));
                None
            }
        }
    }

    /// A secret under each key, whatever they are called; the section ends with it.
    pub fn secrets(self) -> Vec<(String, SecretString)> {
        let read = |(key, value): (String, Value)| {
            let secret = self.secret_in(&key, value)?;
            Some((key, secret))
        };
        self.left.clone().into_iter().filter_map(read).collect()
    }

    /// The secret that `env` or `file` leads to.
    pub fn fetched(&mut self) -> Option<SecretString> {
        let (variable, file) = (self.text("env"), self.text("file"));
        match (variable, file) {
            (Some(name), None) => {
                let value = self.reading.environment.get(&name);
                if value.is_none() {
                    self.problem("env", format!("the variable {name} is not set"));
                }
                value.map(SecretString::from)
            }
            (None, Some(path)) => self.read_file(&path),
            (Some(_), Some(_)) => {
                self.problem("env", "both env and file are given; keep one");
                None
            }
            (None, None) => {
                self.problem("env", "it is missing, and file too; give one of them");
                None
            }
        }
    }

    fn read_file(&self, path: &str) -> Option<SecretString> {
        match std::fs::read_to_string(self.reading.folder.join(path)) {
            Ok(mut text) => {
                // Editors end a file with a newline that is no part of the secret.
                if text.ends_with('\n') {
                    text.pop();
                    if text.ends_with('\r') {
                        text.pop();
                    }
                }
                Some(text.into())
            }
            Err(error) => {
                self.problem("file", format!("{path}: {error}"));
                None
            }
        }
    }

    /// A table under this key.
    pub fn table(&mut self, key: &'static str) -> Option<Section<'r>> {
        let table = self.expect(key, "a table", |value| match value {
            Value::Table(table) => Some(table),
            _ => None,
        })?;
        Some(self.below(key, table))
    }

    /// The tables of a list, each called by what it has under `name_key`.
    pub fn tables(&mut self, key: &'static str, name_key: &str) -> Vec<Section<'r>> {
        let list = self.expect(key, &format!("[[{key}]] tables"), |value| match value {
            Value::Array(items) => items
                .into_iter()
                .map(|item| match item {
                    Value::Table(table) => Some(table),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>(),
            _ => None,
        });
        let tables = list.unwrap_or_default().into_iter().enumerate();
        tables
            .map(|(index, table)| {
                let number = format!("number {}", index + 1);
                let name = table
                    .get(name_key)
                    .and_then(Value::as_str)
                    .unwrap_or(&number);
                let path = self.path_of(&format!("{key} {name}"));
                Section::new(self.reading, path, table)
            })
            .collect()
    }

    /// The section below this key.
    #[must_use]
    pub fn below(&self, key: &str, table: Table) -> Section<'r> {
        Section::new(self.reading, self.path_of(key), table)
    }

    fn path_of(&self, part: &str) -> String {
        if self.path.is_empty() {
            part.to_owned()
        } else {
            format!("{}, {part}", self.path)
        }
    }

    /// Ends the section: whatever is left in it is unknown.
    pub fn finish(self) {
        for key in self.left.keys() {
            let meant = nearest(key, self.known.iter().copied()).unwrap_or_default();
            self.problem(key, format!("unknown key; did you mean {meant}?"));
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
