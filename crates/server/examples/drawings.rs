//! Writes what the server draws to a folder, to be looked at, listened to, or given to a reading program:
//!
//! ```sh
//! cargo run -p countersign --example drawings -- codes 500 /tmp/codes
//! cargo run -p countersign --example drawings -- spoken 20 /tmp/spoken
//! cargo run -p countersign --example drawings -- corpora /tmp/corpora
//! ```
//!
//! Codes are drawn at random; `codes.csv` beside them says what they are.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use challenge::methods::code::Code;
use challenge::visitor::Language;
use countersign::drawing::{corpora, picture, wav};
use countersign::system::OsRng;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["codes", count, folder] => codes(count.parse()?, Path::new(folder)),
        ["spoken", count, folder] => spoken(count.parse()?, Path::new(folder)),
        ["corpora", folder] => both_corpora(Path::new(folder)),
        _ => anyhow::bail!("say `codes N FOLDER`, `spoken N FOLDER` or `corpora FOLDER`"),
    }
}

fn codes(count: usize, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let mut list = "file,code\n".to_owned();
    for number in 0..count {
        let (file, code) = (format!("{number:05}.png"), Code::draw(&OsRng));
        fs::write(folder.join(&file), picture(&code))?;
        list.extend([&file, ",", &code.text, "\n"]);
    }
    fs::write(folder.join("codes.csv"), list).context("codes.csv")
}

fn spoken(count: usize, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let mut list = "file,language,code\n".to_owned();
    for number in 0..count {
        let code = Code::draw(&OsRng);
        for language in Language::ALL {
            let file = format!("{number:05}-{}.wav", language.code());
            fs::write(folder.join(&file), wav(&code, language))?;
            list.extend([&file, ",", language.code(), ",", &code.text, "\n"]);
        }
    }
    fs::write(folder.join("codes.csv"), list).context("codes.csv")
}

fn both_corpora(folder: &Path) -> anyhow::Result<()> {
    let (things, lines) = (folder.join("things"), folder.join("lines"));
    fs::create_dir_all(&things)?;
    fs::create_dir_all(&lines)?;
    corpora::write_things(&things)?;
    Ok(corpora::write_lines(&lines)?)
}
