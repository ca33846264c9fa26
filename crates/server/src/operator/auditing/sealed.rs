//! The files that are verified without the database: the head of the chain, and the chain with its events.
//!
//! Both are JSON, an object a line. An export begins with where the chain begins and ends with its head.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use challenge::audit::Event;
use challenge::audit::chain::{
    Beginning, Chain, Digest, End, Erased, ORIGIN, Opening, PublicKeys, Signature, Which,
};
use challenge::audit::check::{Report, Walk};
use challenge::audit::ports::{Link, Place, Written};
use challenge::clock::Timestamp;
use challenge::ports::Store;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::cli::{Failure, Output};

/// Links read at once.
const CHUNK: u32 = 1000;

/// One end of the chain with all that it takes to verify it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct EndFile {
    /// The number of the last event that it speaks of.
    number: u64,
    link: String,
    /// When it was signed, in milliseconds since 1970.
    at_ms: i64,
    /// When the chain began.
    began_at_ms: i64,
    unmarked_until_ms: i64,
    key_version: u32,
    public_key: String,
    signature: String,
    /// Of a head: all keys of the server, since what was erased earlier is signed with older ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    public_keys: Vec<KeyFile>,
}

/// A public key of the server's.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeyFile {
    key_version: u32,
    public_key: String,
}

impl EndFile {
    /// An end as it is given out; nothing where the key that signed it is not here.
    pub(super) fn of(beginning: &Beginning, end: &End, keys: &PublicKeys) -> Option<Self> {
        let Signature { key_version, bytes } = end.signature;
        let (_, key) = keys.0.iter().find(|(version, _)| *version == key_version)?;
        Some(Self {
            number: end.number,
            link: HEXLOWER.encode(&end.link),
            at_ms: end.at.unix_ms(),
            began_at_ms: beginning.at.unix_ms(),
            unmarked_until_ms: beginning.unmarked_until.unix_ms(),
            key_version,
            public_key: HEXLOWER.encode(key),
            signature: HEXLOWER.encode(&bytes),
            public_keys: Vec::new(),
        })
    }

    /// The same, with all keys that verify what stands before it.
    pub(super) fn with(self, keys: &PublicKeys) -> Self {
        let shown = keys.0.iter().map(|(version, key)| KeyFile {
            key_version: *version,
            public_key: HEXLOWER.encode(key),
        });
        Self {
            public_keys: shown.collect(),
            ..self
        }
    }

    /// Reads a head that was given out.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| in_file(path, &error))?;
        serde_json::from_str(&text).map_err(|error| in_file(path, &error))
    }

    /// The keys that it names: the one that it says it was signed with, and the server's others.
    pub(super) fn keys(&self) -> Option<PublicKeys> {
        let own = (self.key_version, self.public_key.as_str());
        let others = self.public_keys.iter();
        let others = others.map(|one| (one.key_version, one.public_key.as_str()));
        let all = std::iter::once(own).chain(others);
        let read = all.map(|(version, key)| Some((version, bytes(key)?)));
        Some(PublicKeys(read.collect::<Option<_>>()?))
    }

    /// The end, if one of these keys signed it.
    pub(super) fn verified(&self, which: Which, keys: &PublicKeys) -> Result<End, String> {
        let broken = || "it is not what `countersign audit` printed".to_owned();
        let end = End {
            number: self.number,
            link: bytes(&self.link).ok_or_else(broken)?,
            at: Timestamp::from_unix_ms(self.at_ms),
            signature: Signature {
                key_version: self.key_version,
                bytes: bytes(&self.signature).ok_or_else(broken)?,
            },
        };
        let beginning = Beginning {
            at: Timestamp::from_unix_ms(self.began_at_ms),
            unmarked_until: Timestamp::from_unix_ms(self.unmarked_until_ms),
        };
        match keys.problem_of(which, &beginning, &end) {
            None => Ok(end),
            Some(problem) => Err(problem),
        }
    }
}

/// A line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// Where the chain begins: what was cut off before. The first line.
    Begin { cut: Option<EndFile> },
    /// A sealed event.
    Event(Box<EventLine>),
    /// The head. The last line.
    Head(EndFile),
}

#[derive(Debug, Serialize, Deserialize)]
struct EventLine {
    number: u64,
    link: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    erased: Option<String>,
    event: Event,
}

impl EventLine {
    /// The line of a link; nothing where its event cannot be read.
    fn of(link: &Link) -> Option<Self> {
        let Written { event, opening } = link.event.as_ref()?.as_ref().ok()?;
        let (salt, erased) = match opening.as_ref()? {
            Opening::Salt(salt) => (Some(HEXLOWER.encode(salt)), None),
            Opening::Erased(erased) => (None, Some(HEXLOWER.encode(&erased.to_bytes()))),
        };
        Some(Self {
            number: link.number,
            link: HEXLOWER.encode(&link.link),
            salt,
            erased,
            event: event.clone(),
        })
    }

    fn link(self) -> Option<Link> {
        let opening = match (self.salt, self.erased) {
            (Some(salt), None) => Opening::Salt(bytes(&salt)?),
            (None, Some(erased)) => {
                let erased = HEXLOWER.decode(erased.as_bytes()).ok()?;
                Opening::Erased(Erased::from_bytes(&erased)?)
            }
            _ => return None,
        };
        Some(Link {
            number: self.number,
            place: Place::of(&self.event),
            link: bytes(&self.link)?,
            event: Some(Ok(Written {
                event: self.event,
                opening: Some(opening),
            })),
        })
    }
}

/// Prints the whole chain, a chunk of links at a time.
pub(super) async fn export(
    store: &dyn Store,
    chain: &Chain,
    (keys, output): (&PublicKeys, Output),
) -> Result<(), Failure> {
    let ends = |end: &End| {
        let shown = EndFile::of(&chain.beginning, end, keys);
        shown.ok_or_else(|| Failure::new("the key that the log was signed with is not here"))
    };
    let cut = chain.cut.as_ref().map(ends).transpose()?;
    let head = ends(&chain.head)?;
    output.document(&line(&Line::Begin { cut })?)?;
    let mut after = chain.foot().0;
    while after < chain.head.number {
        let mut links = store.links(after, CHUNK).await?;
        links.retain(|link| link.number <= chain.head.number);
        let mut text = Vec::new();
        for link in &links {
            let shown = EventLine::of(link).filter(|shown| shown.number == after + 1);
            let shown = shown.ok_or_else(|| {
                Failure::new(format!(
                    "event {} is not whole, or was cut off meanwhile; see `countersign audit verify`",
                    after + 1
                ))
            })?;
            after = shown.number;
            text.extend(line(&Line::Event(Box::new(shown)))?);
        }
        if links.is_empty() {
            let next = after + 1;
            return Err(Failure::new(format!(
                "event {next} is gone; see `countersign audit verify`"
            )));
        }
        output.document(&text)?;
    }
    output.document(&line(&Line::Head(head))?)
}

fn line(line: &Line) -> Result<Vec<u8>, Failure> {
    let mut text = serde_json::to_vec(line).map_err(Failure::new)?;
    writeln!(text).map_err(Failure::new)?;
    Ok(text)
}

/// Verifies an export with the key of a head that is trusted, a line at a time.
pub(super) fn verify(
    path: &Path,
    pinned: (&PublicKeys, End),
    progress: &dyn Fn(u64, u64),
) -> Result<Report, Failure> {
    let (keys, pinned) = pinned;
    let file = File::open(path).map_err(|error| in_file(path, &error))?;
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let (mut walk, mut head, mut done) = (None, None, 0);
    for (number, text) in (1_u64..).zip(BufReader::new(file).lines()) {
        let at = |problem: &dyn std::fmt::Display| {
            Failure::new(format!("{}, line {number}: {problem}", path.display()))
        };
        let text = text.map_err(|error| at(&error))?;
        done += text.len() as u64 + 1;
        let line: Line = serde_json::from_str(&text).map_err(|error| at(&error))?;
        match (line, &mut walk, &head) {
            (Line::Begin { cut }, None, None) => {
                let foot = foot(cut.as_ref(), keys).map_err(|problem| at(&problem))?;
                walk = Some(Walk::behind(foot, keys.clone(), Some(pinned)));
            }
            (Line::Event(event), Some(walk), None) => {
                let link = event.link();
                walk.take(&link.ok_or_else(|| at(&"it is not what was exported"))?);
            }
            (Line::Head(end), Some(_), None) => {
                let end = end.verified(Which::Head, keys);
                head = Some(end.map_err(|problem| at(&problem))?);
            }
            _ => return Err(at(&"an export has one beginning, events and one head")),
        }
        if number % u64::from(CHUNK) == 0 {
            progress(done, length);
        }
    }
    let (Some(mut walk), Some(head)) = (walk, head) else {
        return Err(in_file(path, &"it does not end with the head of the log"));
    };
    walk.end_at(&head);
    if head.number < pinned.number {
        return Err(in_file(
            path,
            &format!(
                "it ends at event {}, before the head that is trusted ({})",
                head.number, pinned.number
            ),
        ));
    }
    Ok(walk.report)
}

/// What the first event of an export follows.
fn foot(cut: Option<&EndFile>, keys: &PublicKeys) -> Result<(u64, Digest), String> {
    let cut = cut.map(|cut| cut.verified(Which::Cut, keys)).transpose()?;
    Ok(cut.map_or((0, ORIGIN), |cut| (cut.number, cut.link)))
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let decoded = HEXLOWER.decode(hex.as_bytes()).ok()?;
    decoded.try_into().ok()
}

fn in_file(path: &Path, problem: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{}: {problem}", path.display()))
}
