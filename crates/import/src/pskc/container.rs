//! A container, read one device after the other.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::BufRead;

use challenge::directory::provision::Arrival;
use secrecy::SecretString;

use super::Fault;
use super::keys::{Given, Keys};
use super::package::{self, Found};
use super::tree::{Element, Tree};
use crate::record::{Record, Records, Unreadable};

/// RFC 6030; the last drafts; ActivIdentity's.
const NAMESPACES: [&str; 3] = [
    "urn:ietf:params:xml:ns:keyprov:pskc",
    "urn:ietf:params:xml:ns:keyprov:pskc:1.0",
    "urn:ietf:params:xml:ns:keyprov:container:1.0",
];

/// A container that is being read.
///
/// Memory grows with the serials of the file, which are remembered to tell keys of one device apart,
/// with its PINs, and with the keys whose PIN has not come yet.
pub struct Container<R> {
    tree: Tree<R>,
    keys: Keys,
    begun: bool,
    /// Whether a device came already.
    has_packages: bool,
    ready: VecDeque<Record>,
    serials: HashSet<String>,
    /// PINs that came, by the ids of their keys.
    pins: HashMap<String, SecretString>,
    /// Tokens whose PIN has not come yet, with the id of its key.
    waiting: Vec<(String, Waiting)>,
    notes: Vec<String>,
}

/// A token whose PIN has not come yet.
struct Waiting {
    line: u64,
    arrival: Box<Arrival>,
}

impl<R: BufRead> Container<R> {
    /// Reads the container from its beginning, with what opens it.
    pub fn read(file: R, given: Given) -> Self {
        Self {
            tree: Tree::over(file),
            keys: Keys::given(given),
            begun: false,
            has_packages: false,
            ready: VecDeque::new(),
            serials: HashSet::new(),
            pins: HashMap::new(),
            waiting: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn begin(&mut self) -> Result<(), Unreadable> {
        self.begun = true;
        let (root, namespace) = self.tree.root()?;
        let wrong = |text: &str| Unreadable {
            line: root.line,
            text: text.to_owned(),
        };
        if root.name == "SecretContainer" {
            return Err(wrong(
                "it is of a form before RFC 6030 (SecretContainer) that is not read; ask for PSKC 1.0",
            ));
        }
        if root.name != "KeyContainer" || !NAMESPACES.contains(&namespace.as_str()) {
            return Err(wrong(
                "it is no PSKC file: expected a KeyContainer of urn:ietf:params:xml:ns:keyprov:pskc",
            ));
        }
        match root.attribute("Version") {
            None | Some("1.0" | "1") => Ok(()),
            Some(_) => Err(wrong("its version is not 1.0, the only one there is")),
        }
    }

    fn take(&mut self, element: Element) -> Result<(), Fault> {
        match element.name.as_str() {
            "EncryptionKey" | "EncryptionMethod" | "MACMethod" | "DigestMethod"
                if self.has_packages =>
            {
                Err(Fault::file(
                    "how the file is encrypted stands behind its first key, which was not decrypted so",
                ))
            }
            "EncryptionKey" => self.keys.read_encryption_key(&element),
            "EncryptionMethod" => self.keys.read_old_encryption(&element),
            "MACMethod" | "DigestMethod" => self.keys.read_mac(element),
            "KeyPackage" | "Device" => {
                self.has_packages = true;
                self.take_package(&element)
            }
            "Signature" => {
                let note = "the file is signed; its signature was not checked";
                self.notes.push(note.to_owned());
                Ok(())
            }
            "Extensions" => Ok(()),
            _ => Err(Fault::file(
                "the container has an element that is none of PSKC's",
            )),
        }
    }

    fn take_package(&mut self, element: &Element) -> Result<(), Fault> {
        let keys: Vec<_> = element
            .children
            .iter()
            .filter(|child| child.name == "Key")
            .collect();
        if keys.is_empty() {
            self.ready.push_back(Record {
                line: element.line,
                serial: None,
                token: Err("the device has no key".to_owned()),
            });
        }
        for key in keys {
            self.take_key(element, key)?;
        }
        Ok(())
    }

    fn take_key(&mut self, element: &Element, key: &Element) -> Result<(), Fault> {
        let line = key.line;
        let device = package::serial(element, key);
        let serial = device.clone().map(|serial| self.told_apart(serial, key));
        let found = match &serial {
            None => Err(Fault::token(
                "neither a serial (SerialNo) nor an Id names it",
            )),
            Some(serial) => package::read(element, key, (serial, &mut self.keys)),
        };
        let token = match found {
            Err(Fault::File(text)) => return Err(Fault::File(text)),
            Err(Fault::Token(text)) => Err(text),
            Ok(Found::Pin(id, pin)) => {
                self.give_pin(id, pin);
                return Ok(());
            }
            Ok(Found::Token(mut arrival, pin_key)) => {
                arrival.token.device_id = device;
                match pin_key.map(|id| (self.pins.get(&id).cloned(), id)) {
                    None => Ok(*arrival),
                    Some((Some(pin), _)) => Ok(with_pin(*arrival, pin)),
                    Some((None, id)) => {
                        self.serials.insert(arrival.token.serial.clone());
                        self.waiting.push((id, Waiting { line, arrival }));
                        return Ok(());
                    }
                }
            }
        };
        if let Some(serial) = &serial {
            self.serials.insert(serial.clone());
        }
        self.ready.push_back(Record {
            line,
            serial,
            token,
        });
        Ok(())
    }

    /// Several keys of one device have its serial: from the second on the key's id is added.
    fn told_apart(&self, serial: String, key: &Element) -> String {
        match package::id(key) {
            Some(id) if self.serials.contains(&serial) && id != serial => format!("{serial}-{id}"),
            _ => serial,
        }
    }

    fn give_pin(&mut self, id: String, pin: SecretString) {
        let (fitting, others) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(wanted, _)| *wanted == id);
        self.waiting = others;
        let fitting: Vec<(String, Waiting)> = fitting;
        for (_, Waiting { line, arrival }) in fitting {
            self.ready.push_back(Record {
                line,
                serial: Some(arrival.token.serial.clone()),
                token: Ok(with_pin(*arrival, pin.clone())),
            });
        }
        self.pins.insert(id, pin);
    }

    /// The tokens whose PIN never came.
    fn give_up(&mut self) {
        for (_, Waiting { line, arrival }) in self.waiting.drain(..) {
            self.ready.push_back(Record {
                line,
                serial: Some(arrival.token.serial.clone()),
                token: Err("its PIN goes into the answers, and is not in the file".to_owned()),
            });
        }
    }
}

fn with_pin(mut arrival: Arrival, pin: SecretString) -> Arrival {
    arrival.token.pin = Some(pin);
    arrival
}

impl<R: BufRead> Records for Container<R> {
    fn next(&mut self) -> Result<Option<Record>, Unreadable> {
        if !self.begun {
            self.begin()?;
        }
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Ok(Some(record));
            }
            let Some(element) = self.tree.child()? else {
                self.give_up();
                return Ok(self.ready.pop_front());
            };
            let line = element.line;
            self.take(element).map_err(|fault| match fault {
                Fault::File(text) | Fault::Token(text) => Unreadable { line, text },
            })?;
        }
    }

    fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }
}
