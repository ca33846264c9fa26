//! Files that are meant to harm. Each is refused after a bounded number of its bytes, of which a reader
//! holds no more than it has taken; and each within the 50 ms that are allowed.

use std::io::{BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use import::pskc::{Container, Given};
use import::{List, Records, Sheet, Unreadable};

use crate::reading::{SECRET, container, package, passphrase, read, unreadable};

/// A beginning, and then one text again and again without an end.
struct Endless {
    text: Vec<u8>,
    again: &'static [u8],
    place: usize,
    taken: Arc<AtomicUsize>,
}

impl Endless {
    fn new(beginning: &str, again: &'static str) -> (Self, Arc<AtomicUsize>) {
        let taken = Arc::<AtomicUsize>::default();
        let endless = Self {
            text: beginning.as_bytes().to_vec(),
            again: again.as_bytes(),
            place: 0,
            taken: Arc::clone(&taken),
        };
        (endless, taken)
    }
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        for slot in into.iter_mut() {
            let after = self.place.checked_sub(self.text.len());
            *slot = match after {
                None => self.text[self.place],
                Some(after) => self.again[after % self.again.len()],
            };
            self.place += 1;
        }
        self.taken.fetch_add(into.len(), Ordering::Relaxed);
        Ok(into.len())
    }
}

/// Bytes of a file that may be taken before it is refused: what a reader holds is of that order.
const TAKEN_MAX: usize = 256 * 1024;

/// What is not optimised takes several times as long, on a machine where others work as well.
const LONGEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2000 } else { 50 });

fn first_error(records: &mut dyn Records) -> Unreadable {
    loop {
        match records.next() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the file ended"),
            Err(unreadable) => return unreadable,
        }
    }
}

/// The shortest time of three: others work on the machine too.
#[expect(
    clippy::disallowed_methods,
    reason = "a test measures how long it takes"
)]
fn shortest(mut work: impl FnMut()) -> Duration {
    let once = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..3).map(once).min().unwrap()
}

const OPEN: &str = "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">";

#[test]
fn endless_files_are_refused_after_a_bounded_number_of_bytes() {
    let package = format!("{OPEN}<KeyPackage>");
    let attributes = format!("{OPEN}<KeyPackage ");
    let text = format!("{OPEN}<KeyPackage><Key>");
    let doctype = "<!DOCTYPE KeyContainer [ ".to_owned();
    for (beginning, again) in [
        (doctype.clone(), "<!ENTITY a \"aaaaaaaaaaaaaaaaaaaaaaaa\">"),
        (doctype, " "),
        (attributes.clone(), "a=\"\" "),
        (attributes.clone(), "a"),
        (format!("{attributes} a=\""), "a"),
        ("<".to_owned(), "a"),
        (package.clone(), "<a>"),
        (package.clone(), "<a/>"),
        (package.clone(), "<a b=\"1\" c=\"2\">x</a>"),
        (text.clone(), "x"),
        (text.clone(), "x<!-- -->"),
        (text.clone(), "<!-- -->"),
        (OPEN.to_owned(), "<!-- -->"),
        (String::new(), "<!-- -->"),
        (text.clone(), "&amp;"),
        (format!("{text}<![CDATA["), "x"),
        (format!("{OPEN}<!--"), "x"),
        (format!("{OPEN}<?a "), "x"),
        (OPEN.to_owned(), " "),
        (OPEN.to_owned(), "x"),
        (OPEN.to_owned(), "<KeyPackage>"),
    ] {
        let told = |from: &Unreadable| format!("{beginning}{again}…: {from}");
        let work = || {
            let (endless, taken) = Endless::new(&beginning, again);
            let mut container = Container::read(BufReader::new(endless), Given::Nothing);
            let error = first_error(&mut container);
            let taken = taken.load(Ordering::Relaxed);
            assert!(taken <= TAKEN_MAX, "{taken} bytes, {}", told(&error));
        };
        let longest = shortest(work);
        assert!(longest <= LONGEST, "{beginning}{again}…: {longest:?}");
    }
}

#[test]
fn endless_tables_and_lists_are_refused_after_a_bounded_number_of_bytes() {
    for (beginning, again) in [
        ("", "x"),
        ("a,", "\"\","),
        ("serial,kind,secret_hex\n\"", "x\n"),
    ] {
        let (endless, taken) = Endless::new(beginning, again);
        let error = match Sheet::read(BufReader::new(endless)) {
            Ok(mut sheet) => first_error(&mut sheet),
            Err(error) => error,
        };
        assert!(taken.load(Ordering::Relaxed) <= TAKEN_MAX, "{error}");
    }
    let (endless, taken) = Endless::new("", "otpauth://totp/");
    let error = first_error(&mut List::read(BufReader::new(endless)));
    assert!(taken.load(Ordering::Relaxed) <= TAKEN_MAX, "{error}");
}

#[test]
fn document_types_and_entities_are_refused_and_nothing_is_fetched() {
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \
                  \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">]><lolz>&lol2;</lolz>";
    let file = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    let parameter = "<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\"><a/>";
    for text in [laughs, file, parameter] {
        let took = shortest(|| {
            let told = unreadable(text, Given::Nothing).text;
            assert!(told.contains("DOCTYPE"), "{told}");
        });
        assert!(took <= LONGEST, "{took:?}");
    }
    let entity = container(&package(
        "hotp",
        "<Data><Secret><PlainValue>&x;</PlainValue></Secret></Data>",
    ));
    assert!(unreadable(&entity, Given::Nothing).text.contains("entity"));
    let attribute = container("<KeyPackage><Key Id=\"&x;\"/></KeyPackage>");
    assert!(
        unreadable(&attribute, Given::Nothing)
            .text
            .contains("attribute")
    );
    let include =
        container("<include xmlns=\"http://www.w3.org/2001/XInclude\" href=\"/etc/passwd\"/>");
    assert!(
        unreadable(&include, Given::Nothing)
            .text
            .contains("none of PSKC's")
    );
    let instruction = container("<?xml-stylesheet href=\"http://127.0.0.1:1/\"?>");
    assert!(
        unreadable(&instruction, Given::Nothing)
            .text
            .contains("processing instruction")
    );
}

#[test]
fn a_hundred_thousand_attributes_are_refused() {
    let numbered = |text: String, number: u32| text + " a" + &number.to_string() + "=\"\"";
    let many = (0..100_000).fold(String::new(), numbered);
    let text = format!("<KeyContainer{many}/>");
    let took = shortest(|| {
        assert!(unreadable(&text, Given::Nothing).text.contains("16384"));
    });
    assert!(took <= LONGEST, "{took:?}");
    let few = (0..33).fold(String::new(), numbered);
    let text = format!("<KeyContainer{few}/>");
    assert!(
        unreadable(&text, Given::Nothing)
            .text
            .contains("32 attributes")
    );
    let twice = container("<KeyPackage><Key Id=\"1\" Id=\"2\"/></KeyPackage>");
    assert!(unreadable(&twice, Given::Nothing).text.contains("twice"));
}

#[test]
fn elements_inside_each_other_have_an_end() {
    let nested = |depth: usize| {
        let inside = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        container(&format!("<Extensions>{inside}</Extensions>"))
    };
    // The container and Extensions are two of them.
    assert!(read(&nested(14), Given::Nothing).is_ok());
    assert!(
        unreadable(&nested(15), Given::Nothing)
            .text
            .contains("16 deep")
    );
    let wide = |count: usize| {
        container(&format!(
            "<Extensions>{}</Extensions>",
            "<a/>".repeat(count)
        ))
    };
    assert!(read(&wide(255), Given::Nothing).is_ok());
    assert!(
        unreadable(&wide(256), Given::Nothing)
            .text
            .contains("more than 256")
    );
}

#[test]
fn only_utf_8_is_read() {
    let good = container(&package("hotp", &format!("<Data>{SECRET}</Data>")));
    let declared = |name: &str| good.replace("UTF-8", name);
    for name in ["utf-16", "ISO-8859-1", "UTF-7", "x"] {
        let told = unreadable(&declared(name), Given::Nothing).text;
        assert!(told.contains("UTF-8"), "{told}");
    }
    assert!(read(&declared("utf-8"), Given::Nothing).is_ok());
    assert!(read(&format!("\u{feff}{good}"), Given::Nothing).is_ok());
    let wide: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe], &wide[..]].concat();
    let latin = good
        .replace("S1", "S\u{1}")
        .replace('\u{1}', "?")
        .into_bytes();
    let latin: Vec<u8> = latin
        .iter()
        .map(|&byte| if byte == b'?' { 0xe9 } else { byte })
        .collect();
    for bytes in [wide, marked, latin] {
        let mut container = Container::read(&bytes[..], Given::Nothing);
        first_error(&mut container);
    }
    assert!(Sheet::read(&b"serial,kind,\xff\n"[..]).is_err());
    first_error(&mut List::read(&b"otpauth://totp/\xff\n"[..]));
}

#[test]
fn a_key_that_takes_hours_to_derive_is_refused_at_once() {
    let figure = include_str!("data/figure7.xml");
    for count in ["2000001", "4294967295", "99999999999", "0", "-1"] {
        let text = figure.replace(">1000<", &format!(">{count}<"));
        let took = shortest(|| {
            let told = unreadable(&text, passphrase("qwerty")).text;
            assert!(told.contains("2000000"), "{told}");
        });
        assert!(took <= LONGEST, "{took:?}");
    }
    let text = figure.replace("<KeyLength>16<", "<KeyLength>4294967295<");
    assert!(
        unreadable(&text, passphrase("qwerty"))
            .text
            .contains("16, 24 or 32")
    );
}

#[test]
fn a_file_that_is_cut_off_is_refused_wherever_that_is() {
    let whole = container(&package("hotp", &format!("<Data>{SECRET}</Data>")));
    for length in 0..whole.len() {
        let mut container = Container::read(&whole.as_bytes()[..length], Given::Nothing);
        first_error(&mut container);
    }
    let twice = format!("{whole}{}", container(""));
    assert!(read(&twice, Given::Nothing).is_err());
    assert!(read(&format!("{whole}x"), Given::Nothing).is_err());
}

#[test]
fn a_second_key_is_not_derived() {
    let figure = include_str!("data/figure7.xml");
    for (name, told) in [
        ("EncryptionKey", "a second EncryptionKey"),
        ("MACMethod", "a second MACMethod"),
    ] {
        let begin = figure.find(&format!("<pskc:{name}")).unwrap();
        let end = format!("</pskc:{name}>");
        let end = figure.find(&end).unwrap() + end.len();
        let again = &figure[begin..end].replace(">1000<", ">2000000<");
        let text = format!("{}{again}{}", &figure[..end], &figure[end..]);
        let took = shortest(|| {
            let found = unreadable(&text, passphrase("qwerty")).text;
            assert!(found.contains(told), "{found}");
        });
        assert!(took <= LONGEST, "{took:?}");
    }
    let plain = container(&package("hotp", &format!("<Data>{SECRET}</Data>")));
    let mac = "<MACMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#hmac-sha1\"/>";
    let late = plain.replace("</KeyContainer>", &format!("{mac}</KeyContainer>"));
    let found = unreadable(&late, Given::Nothing).text;
    assert!(found.contains("behind its first key"), "{found}");
}
