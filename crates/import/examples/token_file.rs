//! Writes a file of many tokens, to measure with it what an import costs: each token a HOTP one, of a user of
//! its own.
//!
//! `echo csv 100000 | cargo run -p import --example token_file > tokens.csv`; `pskc` instead of `csv` is a plain
//! container, `pskc-key` one under a pre-shared key (AES-256-CBC with HMAC-SHA256; the key is 32 letters
//! `k`), `pskc-passphrase` one under the passphrase `measured` (PBKDF2 with 100,000 iterations).

use std::io::{self, BufWriter, Write};
use std::num::NonZeroU32;

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use aws_lc_rs::{digest, hmac, pbkdf2};
use data_encoding::{BASE64, HEXLOWER};

const KEY: [u8; 32] = [b'k'; 32];
const MAC_KEY: [u8; 32] = [b'm'; 32];
const PASSPHRASE: &str = "measured";
const SALT: &[u8] = b"of a measurement";
const ITERATIONS: NonZeroU32 = NonZeroU32::new(100_000).expect("it is more than 0");

const NAMESPACES: &str = "xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\" \
     xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" \
     xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\" \
     xmlns:pkcs5=\"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#\"";

fn main() -> io::Result<()> {
    let usage = "say on stdin: csv|pskc|pskc-key|pskc-passphrase [TOKENS]";
    let asked = io::read_to_string(io::stdin())?;
    let mut words = asked.split_whitespace();
    let form = words.next().expect(usage);
    let count = words.next().map_or(100_000, |number| {
        number.parse().expect("the second word is a number")
    });
    let mut out = BufWriter::new(io::stdout().lock());
    match form {
        "csv" => table(&mut out, count)?,
        "pskc" => container(&mut out, count, None)?,
        "pskc-key" => container(&mut out, count, Some(&Opener::pre_shared()))?,
        "pskc-passphrase" => container(&mut out, count, Some(&Opener::derived()))?,
        _ => panic!("{usage}"),
    }
    out.flush()
}

/// The secret of a token: another one for each.
fn secret(number: u32) -> Vec<u8> {
    let digest = digest::digest(&digest::SHA256, &number.to_be_bytes());
    digest.as_ref()[..20].to_vec()
}

fn table(out: &mut impl Write, count: u32) -> io::Result<()> {
    writeln!(out, "serial,kind,secret_hex,login_name,digits,counter")?;
    for number in 0..count {
        let secret = HEXLOWER.encode(&secret(number));
        writeln!(out, "{number:08},hotp,{secret},user{number},6,0")?;
    }
    Ok(())
}

/// What a container is encrypted with, and what it says of that.
struct Opener {
    key: [u8; 32],
    told: String,
}

impl Opener {
    fn pre_shared() -> Self {
        Self {
            key: KEY,
            told: "<ds:KeyName>Measured</ds:KeyName>".to_owned(),
        }
    }

    fn derived() -> Self {
        let mut key = [0; 32];
        let passphrase = PASSPHRASE.as_bytes();
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ITERATIONS,
            SALT,
            passphrase,
            &mut key,
        );
        let salt = BASE64.encode(SALT);
        let told = format!(
            "<xenc11:DerivedKey><xenc11:KeyDerivationMethod \
             Algorithm=\"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2\">\
             <pkcs5:PBKDF2-params><Salt><Specified>{salt}</Specified></Salt>\
             <IterationCount>{ITERATIONS}</IterationCount><KeyLength>32</KeyLength>\
             <PRF Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256\"/>\
             </pkcs5:PBKDF2-params></xenc11:KeyDerivationMethod></xenc11:DerivedKey>"
        );
        Self { key, told }
    }

    /// The vector before what it begins, and both as XML has them.
    fn sealed(&self, number: u32, plain: &[u8]) -> (Vec<u8>, String) {
        let vector = digest::digest(
            &digest::SHA256,
            &[&b"vector"[..], &number.to_be_bytes()].concat(),
        );
        let vector: [u8; 16] = vector.as_ref()[..16].try_into().expect("16 bytes are left");
        let encryptor = cbc::Encryptor::<Aes256>::new(&self.key.into(), &vector.into());
        // Room for the padding, which may be a whole block.
        let mut blocks = [plain, &[0; 16][..]].concat();
        let blocks = encryptor.encrypt_padded::<Pkcs7>(&mut blocks, plain.len());
        let sealed = [&vector[..], blocks.expect("there is room")].concat();
        let text = format!(
            "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#aes256-cbc\"/>\
             <xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData>",
            BASE64.encode(&sealed)
        );
        (sealed, text)
    }
}

fn container(out: &mut impl Write, count: u32, opener: Option<&Opener>) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<KeyContainer Version=\"1.0\" {NAMESPACES}>")?;
    if let Some(opener) = opener {
        let (_, mac_key) = opener.sealed(u32::MAX, &MAC_KEY);
        writeln!(out, "<EncryptionKey>{}</EncryptionKey>", opener.told)?;
        writeln!(
            out,
            "<MACMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256\">\
             <MACKey>{mac_key}</MACKey></MACMethod>"
        )?;
    }
    let mac = hmac::Key::new(hmac::HMAC_SHA256, &MAC_KEY);
    for number in 0..count {
        let secret = secret(number);
        let value = match opener {
            None => format!("<PlainValue>{}</PlainValue>", BASE64.encode(&secret)),
            Some(opener) => {
                let (sealed, text) = opener.sealed(number, &secret);
                let tag = BASE64.encode(hmac::sign(&mac, &sealed).as_ref());
                format!("<EncryptedValue>{text}</EncryptedValue><ValueMAC>{tag}</ValueMAC>")
            }
        };
        writeln!(
            out,
            "  <KeyPackage>\n    <DeviceInfo><Manufacturer>TokenVendorAcme</Manufacturer>\
             <SerialNo>{number:08}</SerialNo></DeviceInfo>\n    <Key Id=\"K{number}\" \
             Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:hotp\">\n      <AlgorithmParameters>\
             <ResponseFormat Length=\"6\" Encoding=\"DECIMAL\"/></AlgorithmParameters>\n      \
             <Data><Secret>{value}</Secret><Counter><PlainValue>0</PlainValue></Counter></Data>\n      \
             <UserId>UID=user{number},DC=bank,DC=example</UserId>\n    </Key>\n  </KeyPackage>"
        )?;
    }
    writeln!(out, "</KeyContainer>")
}
