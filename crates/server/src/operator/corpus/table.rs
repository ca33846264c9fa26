//! The operator's table: which file shows what, and how classes are called in other languages.

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path};

use challenge::corpus::{Class, Holds, IMAGES_OF_CORPUS_MAX, NAME_LENGTH_MAX, TEXT_LENGTH_MAX};
use challenge::methods::images::is_telling;
use challenge::visitor::Language;

use super::report::{Problem, Rejected};

/// The file beside the table that says how classes are called.
const NAMES: &str = "classes.csv";

/// Bytes of a table at most.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What no text may have: nobody could type it, and PostgreSQL has no place for one of them, NUL.
const CONTROL: &str = "a control character in it, such as a tab or a line's end; take it out";

/// A table that was read.
pub(super) struct Table {
    pub(super) holds: Holds,
    pub(super) classes: Vec<Class>,
    pub(super) lines: Vec<Line>,
}

/// A line of it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its number in the file, from 1; the header is the first.
    pub(super) number: u64,
    pub(super) file: String,
    pub(super) shows: Option<String>,
}

/// Reads a table whole; every problem in it is told.
pub(super) fn read(path: &Path) -> Result<Table, Rejected> {
    let text = text_of(path)?;
    let mut reader = reader_of(&text);
    let (holds, columns) = head(path, &mut reader)?;
    let mut problems = Vec::new();
    let mut lines = Vec::new();
    let mut files: HashMap<String, u64> = HashMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => return Err(Rejected::table(path, &error)),
        };
        let number = record.position().map_or(0, csv::Position::line);
        if lines.len() >= IMAGES_OF_CORPUS_MAX {
            let text = format!("a corpus has at most {IMAGES_OF_CORPUS_MAX} images");
            return Err(Rejected::table(path, &text));
        }
        let cell = |place: usize| record.get(place).unwrap_or_default().trim();
        let (file, shows) = (cell(columns[0]), cell(columns[1]));
        let mut problem = |text: String| problems.push(Problem { line: number, text });
        if let Some(text) = unusable(file) {
            problem(text);
        }
        if let Some(first) = files.insert(file.to_owned(), number) {
            problem(format!("{file} stands in line {first} already"));
        }
        let (what, most) = match holds {
            Holds::Classes => ("class", NAME_LENGTH_MAX),
            Holds::Texts => ("text", TEXT_LENGTH_MAX),
        };
        if shows.chars().count() > most {
            problem(format!("the {what} is longer than {most} characters"));
        }
        for (name, text) in [("file", file), (what, shows)] {
            if text.chars().any(char::is_control) {
                problem(format!("the {name} has {CONTROL}"));
            }
        }
        if holds == Holds::Texts && !shows.is_empty() && !is_telling(shows) {
            let text = "the text has fewer than 3 characters, by which nobody can be judged";
            problem(format!("{text}; leave it empty"));
        }
        lines.push(Line {
            number,
            file: file.to_owned(),
            shows: (!shows.is_empty()).then(|| shows.to_owned()),
        });
    }
    if !problems.is_empty() {
        return Err(Rejected::Problems(problems));
    }
    let classes = match holds {
        Holds::Classes => classes(path, &lines)?,
        Holds::Texts => Vec::new(),
    };
    Ok(Table {
        holds,
        classes,
        lines,
    })
}

fn text_of(path: &Path) -> Result<String, Rejected> {
    let length = std::fs::metadata(path).map_err(|error| Rejected::table(path, &error))?;
    if length.len() > BYTES_MAX {
        let text = format!("it is larger than {BYTES_MAX} bytes");
        return Err(Rejected::table(path, &text));
    }
    let text = std::fs::read_to_string(path).map_err(|error| Rejected::table(path, &error))?;
    // What some programs write before a text to say that it is UTF-8.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

fn reader_of(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().from_reader(text.as_bytes())
}

/// What the corpus holds, and the places of the file and of what it shows.
fn head(path: &Path, reader: &mut csv::Reader<&[u8]>) -> Result<(Holds, [usize; 2]), Rejected> {
    let head = reader.headers();
    let head = head.map_err(|error| Rejected::table(path, &error))?;
    let place = |name: &str| head.iter().position(|cell| cell.trim() == name);
    let found = (place("file"), place("class"), place("text"));
    match found {
        (Some(file), Some(class), None) if head.len() == 2 => Ok((Holds::Classes, [file, class])),
        (Some(file), None, Some(text)) if head.len() == 2 => Ok((Holds::Texts, [file, text])),
        _ => Err(Rejected::table(
            path,
            "its first line is neither file,class nor file,text",
        )),
    }
}

/// Why a name cannot be that of a file in the folder.
fn unusable(file: &str) -> Option<String> {
    if file.is_empty() {
        return Some("the file is missing".to_owned());
    }
    let inside = Path::new(file)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (!inside).then(|| format!("{file} does not lie in the folder"))
}

/// The classes that lines name, in alphabetical order, with what other languages call them.
fn classes(table: &Path, lines: &[Line]) -> Result<Vec<Class>, Rejected> {
    let named = lines.iter().filter_map(|line| line.shows.clone());
    let mut classes: BTreeMap<String, Class> = named
        .map(|name| {
            let said = BTreeMap::new();
            (name.clone(), Class { name, said })
        })
        .collect();
    let path = table.with_file_name(NAMES);
    if path != table && path.exists() {
        read_names(&path, &mut classes)?;
    }
    Ok(classes.into_values().collect())
}

fn read_names(path: &Path, classes: &mut BTreeMap<String, Class>) -> Result<(), Rejected> {
    let text = text_of(path)?;
    let mut reader = reader_of(&text);
    let head = reader.headers();
    let head = head.map_err(|error| Rejected::table(path, &error))?.clone();
    let known = |name: &str| Language::ALL.iter().any(|one| one.code() == name);
    let fits = head.get(0).map(str::trim) == Some("class")
        && head.iter().skip(1).all(|name| known(name.trim()));
    if !fits {
        return Err(Rejected::table(
            path,
            "its first line is not class,en,fr,de,es",
        ));
    }
    let mut problems = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| Rejected::table(path, &error))?;
        let number = record.position().map_or(0, csv::Position::line);
        let name = record.get(0).unwrap_or_default().trim();
        let Some(class) = classes.get_mut(name) else {
            let text = format!("{NAMES}: no image shows {name:?}");
            problems.push(Problem { line: number, text });
            continue;
        };
        for (language, said) in head.iter().zip(&record).skip(1) {
            let said = said.trim();
            if said.chars().count() > NAME_LENGTH_MAX {
                let text = format!("{NAMES}: a name is longer than {NAME_LENGTH_MAX} characters");
                problems.push(Problem { line: number, text });
            }
            if said.chars().any(char::is_control) {
                let text = format!("{NAMES}: a name has {CONTROL}");
                problems.push(Problem { line: number, text });
            }
            if !said.is_empty() {
                class
                    .said
                    .insert(language.trim().to_owned(), said.to_owned());
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Rejected::Problems(problems))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Table, Rejected>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let table = read(&folder.path().join("table.csv"));
        (folder, table)
    }

    fn refusal(files: &[(&str, &str)]) -> String {
        let (_folder, table) = written(files);
        table.err().expect("it is refused").to_string()
    }

    #[test]
    fn a_table_of_classes_has_names_in_other_languages() {
        let table = "\u{feff}file,class\na.jpg,ship\nsub/b.png,\n\"c,d.webp\", house \n";
        let names = "class,en,fr\nship,a ship,un bateau\nhouse,,une maison\n";
        let (_folder, table) = written(&[("table.csv", table), ("classes.csv", names)]);
        let table = table.unwrap();
        assert_eq!(table.holds, Holds::Classes);
        let lines: Vec<_> = table
            .lines
            .iter()
            .map(|line| (line.number, line.file.as_str(), line.shows.as_deref()))
            .collect();
        let expected = [
            (2, "a.jpg", Some("ship")),
            (3, "sub/b.png", None),
            (4, "c,d.webp", Some("house")),
        ];
        assert_eq!(lines, expected);
        let said = |place: usize, language| table.classes[place].said_in(language).to_owned();
        assert_eq!(said(0, Language::French), "une maison");
        assert_eq!(said(0, Language::German), "house");
        assert_eq!(said(1, Language::German), "a ship");
    }

    #[test]
    fn a_table_of_texts_keeps_them_as_they_are_written() {
        let table = "text,file\n\"Le Roi, l\u{2019}État\",a.png\n,b.png\n";
        let (_folder, table) = written(&[("table.csv", table)]);
        let table = table.unwrap();
        assert_eq!((table.holds, table.classes.len()), (Holds::Texts, 0));
        assert_eq!(
            table.lines[0].shows.as_deref(),
            Some("Le Roi, l\u{2019}État")
        );
        assert_eq!(table.lines[1].shows, None);
    }

    #[test]
    fn what_is_wrong_with_a_table_is_told_with_its_lines() {
        for (table, told) in [
            ("", "neither file,class nor file,text"),
            ("file,what\n", "neither file,class nor file,text"),
            ("file,class,more\n", "neither file,class nor file,text"),
            ("file,class\na.jpg\n", "line: 2"),
            ("file,class\na.jpg,x\n,y\n", "line 3: the file is missing"),
            (
                "file,class\n../a.jpg,x\n",
                "line 2: ../a.jpg does not lie in the folder",
            ),
            (
                "file,class\n/etc/a,x\n",
                "line 2: /etc/a does not lie in the folder",
            ),
            (
                "file,class\na,x\nb,y\na,z\n",
                "line 4: a stands in line 2 already",
            ),
        ] {
            let refusal = refusal(&[("table.csv", table)]);
            assert!(refusal.contains(told), "{refusal}");
        }
        for short in ["de", "\u{301}\u{301}\u{301}"] {
            let refusal = refusal(&[("table.csv", &format!("file,text\na,{short}\n"))]);
            assert!(
                refusal.contains("line 2: the text has fewer than 3"),
                "{refusal}"
            );
        }
        for (table, told) in [
            (
                "file,class\na,x\nb,o\0ne\n",
                "line 3: the class has a control",
            ),
            (
                "file,text\na,\"Le\tRoi\"\n",
                "line 2: the text has a control",
            ),
            (
                "file,text\na,\"Le\nRoi\"\nb,x\0yz\n",
                "line 4: the text has a",
            ),
            ("file,class\na\u{7},x\n", "line 2: the file has a control"),
        ] {
            let refusal = refusal(&[("table.csv", table)]);
            assert!(refusal.contains(told), "{refusal}");
        }
        let long = format!("file,class\na,{}\n", "x".repeat(NAME_LENGTH_MAX + 1));
        assert!(refusal(&[("table.csv", &long)]).contains("longer than 64 characters"));
        let long = format!("file,text\na,{}\n", "é".repeat(TEXT_LENGTH_MAX + 1));
        assert!(refusal(&[("table.csv", &long)]).contains("longer than 200 characters"));
        let many = "a,x\n".repeat(IMAGES_OF_CORPUS_MAX + 1);
        let many = format!("file,class\n{many}");
        assert!(refusal(&[("table.csv", &many)]).contains("at most 100000 images"));
        assert!(refusal(&[]).contains("table.csv"));
        let table = ("table.csv", "file,class\na,ship\n");
        let names = refusal(&[table, ("classes.csv", "class,it\nship,nave\n")]);
        assert!(names.contains("class,en,fr,de,es"), "{names}");
        let names = refusal(&[table, ("classes.csv", "class,en\nshop,shop\n")]);
        assert!(names.contains("no image shows \"shop\""), "{names}");
        let names = refusal(&[table, ("classes.csv", "class,en\nship,a\0ship\n")]);
        assert!(names.contains("line 2: classes.csv: a name has"), "{names}");
    }
}
