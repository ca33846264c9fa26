//! Texts at random, and true files with something changed: whatever comes in, the readers end, and say
//! what is wrong without a panic.

use import::pskc::{Container, Given};
use import::{List, Records, Sheet};
use proptest::prelude::*;

use crate::reading::{hex_key, passphrase, read};

fn drain(mut records: impl Records) {
    for _ in 0..10_000 {
        match records.next() {
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return,
        }
    }
    panic!("a reader does not end");
}

fn whole(bytes: &[u8], given: Given) {
    drain(Container::read(bytes, given));
}

/// Words of containers, so that texts at random are sometimes nearly right.
fn words() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">",
        "</KeyContainer>",
        "<KeyPackage>",
        "</KeyPackage>",
        "<Key Id=\"1\" ",
        "</Key>",
        "<Data>",
        "Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:hotp\">",
        "</Data>",
        "<Secret>",
        "</Secret>",
        "<PlainValue>MTIz</PlainValue>",
        "<EncryptionKey/>",
        "<MACMethod Algorithm=\"#hmac-sha1\"/>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "&amp;",
        "&#0;",
        "&#x10ffff;",
        "<?xml",
        "?>",
        "\"",
        "<",
        ">",
        "<!DOCTYPE x>",
        "\u{feff}",
        "\0",
        "é",
    ];
    let one = prop_oneof![4 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => ".{0,8}"];
    prop::collection::vec(one, 0..40).prop_map(|all| all.concat())
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in words(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        whole(text.as_bytes(), Given::Nothing);
        whole(&bytes, hex_key("12345678901234567890123456789012"));
        drain(List::read(text.as_bytes()));
        drain(List::read(&bytes[..]));
        for table in [text.as_bytes(), &bytes] {
            if let Ok(sheet) = Sheet::read(table) {
                drain(sheet);
            }
        }
    }

    #[test]
    fn no_changed_figure_makes_a_reader_panic(
        place in 0_usize..2_800, with in prop::collection::vec(any::<u8>(), 0..6), gone in 0_usize..20,
    ) {
        let figures = [
            (include_str!("data/figure6.xml"), hex_key("12345678901234567890123456789012")),
            (include_str!("data/figure7.xml"), passphrase("qwerty")),
            (include_str!("data/figure5.xml"), Given::Nothing),
        ];
        for (figure, given) in figures {
            // PBKDF2 is computed as often as the text says: not here.
            let figure = figure.replace("<IterationCount>1000<", "<IterationCount>1<");
            let from = place.min(figure.len());
            let to = (from + gone).min(figure.len());
            let changed = [&figure.as_bytes()[..from], &with, &figure.as_bytes()[to..]].concat();
            whole(&changed, given);
        }
    }

    #[test]
    fn no_changed_table_makes_a_reader_panic(cells in prop::collection::vec("[ -~\u{e9}\"\n,]{0,12}", 0..60)) {
        let table = format!("serial,kind,secret_hex,login_name,digits,counter,expires\n{}", cells.join(","));
        if let Ok(sheet) = Sheet::read(table.as_bytes()) {
            drain(sheet);
        }
    }

    #[test]
    fn a_changed_encrypted_value_never_becomes_a_token(place in 0_usize..64, to in "[A-Za-z0-9+/]") {
        let figure = include_str!("data/figure6.xml");
        let value = "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv";
        let changed = format!("{}{to}{}", &value[..place], &value[place + 1..]);
        prop_assume!(changed != value);
        let text = figure.replace(value, &changed);
        let (records, _) = read(&text, hex_key("12345678901234567890123456789012")).unwrap();
        prop_assert!(records[0].token.is_err());
    }
}
