//! XML, as little of it as PSKC needs: one child of the root after the other, each whole in memory and
//! bounded in every direction. A document type, and with it every entity that a file could define, is
//! refused before it is looked at, and so is whatever is not UTF-8; nothing is ever fetched.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zeroize::Zeroizing;

use crate::meter::{Metered, TOO_LONG};
use crate::record::Unreadable;

/// Elements inside each other, the root included.
const DEPTH_MAX: usize = 16;

/// Elements in one child of the root.
const ELEMENTS_MAX: usize = 256;

/// Bytes of one child of the root, with what stands before it.
const CHILD_MAX: u64 = 128 * 1024;

/// Attributes of one element.
const ATTRIBUTES_MAX: usize = 32;

/// An element with what is in it. It may hold secrets.
#[derive(Default)]
pub(super) struct Element {
    /// Its name without the prefix.
    pub(super) name: String,
    /// The line that its tag ends in.
    pub(super) line: u64,
    /// Its text without that of its children, trimmed.
    pub(super) text: Zeroizing<String>,
    /// The elements in it.
    pub(super) children: Vec<Element>,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// What is found by going down these names.
    pub(super) fn path(&self, names: &[&str]) -> Option<&Self> {
        names
            .iter()
            .try_fold(self, |element, name| element.child(name))
    }

    /// The text that is found by going down these names; nothing where it is empty.
    pub(super) fn text_at(&self, names: &[&str]) -> Option<&str> {
        let text = self.path(names)?.text.as_str();
        (!text.is_empty()).then_some(text)
    }

    /// An attribute, by its name without the prefix; names differ in their case between versions.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        let found = all.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

/// A file that is being read.
pub(super) struct Tree<R> {
    reader: Reader<Metered<R>>,
    buffer: Zeroizing<Vec<u8>>,
    /// Where in the file the child began that is being read.
    began: u64,
    is_over: bool,
}

/// What stands next in a file.
enum Piece {
    Begins(Element),
    Ends,
    Text(Zeroizing<String>),
    Over,
}

impl<R: BufRead> Tree<R> {
    pub(super) fn over(file: R) -> Self {
        let mut reader = Reader::from_reader(Metered::over(file));
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Zeroizing::default(),
            began: 0,
            is_over: false,
        }
    }

    /// The line that is being read.
    pub(super) fn line(&self) -> u64 {
        self.reader.get_ref().line()
    }

    fn wrong(&self, text: impl Into<String>) -> Unreadable {
        Unreadable {
            line: self.line(),
            text: text.into(),
        }
    }

    /// The root, without its children, and the namespace that it is in.
    pub(super) fn root(&mut self) -> Result<(Element, String), Unreadable> {
        loop {
            match self.piece()? {
                Piece::Text(text) if text.trim().is_empty() => {}
                Piece::Begins(root) => {
                    let namespace = root.attribute("xmlns of the element").unwrap_or_default();
                    let namespace = namespace.to_owned();
                    return Ok((root, namespace));
                }
                _ => return Err(self.wrong("it is no XML document")),
            }
        }
    }

    /// The next child of the root, whole; nothing when the root has ended.
    pub(super) fn child(&mut self) -> Result<Option<Element>, Unreadable> {
        let mut open: Vec<Element> = Vec::new();
        let mut elements = 0;
        self.began = self.reader.buffer_position();
        loop {
            if self.is_over {
                return Ok(None);
            }
            match self.piece()? {
                Piece::Begins(element) => {
                    elements += 1;
                    if elements > ELEMENTS_MAX {
                        let text = format!("there are more than {ELEMENTS_MAX} elements in one");
                        return Err(self.wrong(text));
                    }
                    // The root is not among those that are open.
                    if open.len() + 2 > DEPTH_MAX {
                        let text = format!("elements stand inside each other {DEPTH_MAX} deep");
                        return Err(self.wrong(text));
                    }
                    open.push(element);
                }
                Piece::Text(text) => match open.last_mut() {
                    Some(element) => element.text.push_str(&text),
                    None if text.trim().is_empty() => {}
                    None => return Err(self.wrong("there is text between the elements")),
                },
                Piece::Ends => {
                    let Some(mut element) = open.pop() else {
                        self.finish()?;
                        return Ok(None);
                    };
                    element.text = Zeroizing::new(element.text.trim().to_owned());
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Ok(Some(element)),
                    }
                }
                Piece::Over => return Err(self.wrong("the file ends before its last element does")),
            }
        }
    }

    /// Nothing may follow the root.
    fn finish(&mut self) -> Result<(), Unreadable> {
        self.is_over = true;
        loop {
            match self.piece()? {
                Piece::Over => return Ok(()),
                Piece::Text(text) if text.trim().is_empty() => {}
                _ => return Err(self.wrong("something follows the last element")),
            }
        }
    }

    fn piece(&mut self) -> Result<Piece, Unreadable> {
        loop {
            if self.reader.buffer_position() - self.began > CHILD_MAX {
                let text = format!("an element is longer than {CHILD_MAX} bytes");
                return Err(self.wrong(text));
            }
            self.buffer.clear();
            self.reader.get_mut().begin_piece();
            let read = self.reader.read_event_into(&mut self.buffer);
            let line = self.reader.get_ref().line();
            let wrong = |text: &str| Unreadable {
                line,
                text: text.to_owned(),
            };
            let event = match read {
                Ok(event) => event,
                Err(_) if self.reader.get_ref().was_too_long() => return Err(wrong(TOO_LONG)),
                Err(quick_xml::Error::Encoding(_)) => {
                    return Err(wrong("it is not UTF-8; save it as UTF-8"));
                }
                // What an error of the reader quotes may be a secret.
                Err(_) => return Err(wrong("it is not well-formed XML")),
            };
            return Ok(match event {
                Event::Start(tag) => Piece::Begins(element(&tag, line).map_err(wrong)?),
                Event::End(_) => Piece::Ends,
                Event::Text(text) => Piece::Text(Zeroizing::new(text.xml10_content().into_owned())),
                Event::CData(text) => {
                    Piece::Text(Zeroizing::new(text.xml10_content().into_owned()))
                }
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref() {
                        Ok(Some(character)) => Some(character),
                        Ok(None) => predefined(&reference.xml10_content()),
                        Err(_) => None,
                    };
                    let character = character
                        .ok_or_else(|| wrong("an entity is used that XML itself does not know"))?;
                    Piece::Text(Zeroizing::new(character.to_string()))
                }
                Event::Decl(declaration) => {
                    let encoding = declaration.encoding();
                    let is_utf8 = match encoding {
                        None => true,
                        Some(Ok(name)) => {
                            name.eq_ignore_ascii_case("utf-8")
                                || name.eq_ignore_ascii_case("us-ascii")
                        }
                        Some(Err(_)) => false,
                    };
                    if !is_utf8 {
                        return Err(wrong("its encoding is not UTF-8; save it as UTF-8"));
                    }
                    continue;
                }
                Event::DocType(_) => {
                    return Err(wrong(
                        "it has a document type (DOCTYPE), which no file of tokens needs; remove it",
                    ));
                }
                Event::PI(_) => return Err(wrong("it has a processing instruction; remove it")),
                Event::Comment(_) => continue,
                Event::Eof => Piece::Over,
                Event::Empty(_) => return Err(wrong("it is not well-formed XML")),
            });
        }
    }
}

/// A tag as an element that has nothing in it yet. The namespace is kept as an attribute whose name no
/// attribute can have.
fn element(tag: &BytesStart<'_>, line: u64) -> Result<Element, &'static str> {
    let mut attributes: Vec<(String, String)> = Vec::new();
    let name = tag.name();
    let declares = match name.prefix() {
        Some(prefix) => format!("xmlns:{}", prefix.into_inner()),
        None => "xmlns".to_owned(),
    };
    // Duplicates are looked for here, among few, and not by the iterator among any number.
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| "an attribute is not well-formed")?;
        if attributes.len() >= ATTRIBUTES_MAX {
            return Err("an element has more than 32 attributes");
        }
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
        let value = value.map_err(|_| "an attribute is not well-formed")?;
        let key = attribute.key.into_inner();
        if key == declares {
            attributes.push((
                "xmlns of the element".to_owned(),
                value.clone().into_owned(),
            ));
        }
        if key == "xmlns" || key.starts_with("xmlns:") {
            continue;
        }
        let key = attribute.key.local_name().into_inner().to_owned();
        if attributes.iter().any(|(other, _)| *other == key) {
            return Err("an element has an attribute twice");
        }
        attributes.push((key, value.into_owned()));
    }
    Ok(Element {
        name: tag.local_name().into_inner().to_owned(),
        line,
        attributes,
        ..Element::default()
    })
}

/// The five entities of XML itself (XML 1.0, section 4.6).
fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => return None,
    })
}
