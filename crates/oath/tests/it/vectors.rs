//! The published test vectors of RFC 4226, RFC 6238 and RFC 6287.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use oath::ocra::{Input, Match, PinHash, Suite, Window};
use oath::{Algorithm, Digits, Hotp, Key, Totp};
use serde_json::Value;

fn rows(table: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../vectors/oath.json")).unwrap();
    file[table].as_array().unwrap().clone()
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap()
}

fn key(row: &Value) -> Key {
    Key::from_hex(text(row, "key_hex")).unwrap()
}

fn digits(digits: u8) -> Digits {
    Digits::new(digits).unwrap()
}

fn hmac(algorithm: Algorithm, key: &Key, data: &[u8]) -> String {
    let key = key.as_bytes();
    let tag = match algorithm {
        Algorithm::Sha1 => {
            let mac = Hmac::<sha1::Sha1>::new_from_slice(key).unwrap();
            mac.chain_update(data).finalize().into_bytes().to_vec()
        }
        Algorithm::Sha256 => {
            let mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
            mac.chain_update(data).finalize().into_bytes().to_vec()
        }
        Algorithm::Sha512 => {
            let mac = Hmac::<sha2::Sha512>::new_from_slice(key).unwrap();
            mac.chain_update(data).finalize().into_bytes().to_vec()
        }
    };
    HEXLOWER.encode(&tag)
}

#[test]
fn hotp_gives_the_codes_of_rfc_4226_appendix_d() {
    let rows = rows("hotp");
    assert_eq!(rows.len(), 10);
    for row in rows {
        let counter = row["counter"].as_u64().unwrap();
        let of = |length| Hotp {
            digits: digits(length),
            ..Hotp::default()
        };
        assert_eq!(
            of(6).code(&key(&row), counter).as_str(),
            text(&row, "expected6")
        );
        assert_eq!(
            of(8).code(&key(&row), counter).as_str(),
            text(&row, "derived8")
        );
        let whole = row["truncated_decimal"].as_u64().unwrap();
        assert_eq!(
            of(10).code(&key(&row), counter).as_str(),
            format!("{whole:010}")
        );
        assert_eq!(
            hmac(Algorithm::Sha1, &key(&row), &counter.to_be_bytes()),
            text(&row, "hmac_hex")
        );
    }
}

#[test]
fn totp_gives_the_codes_of_rfc_6238_appendix_b() {
    let rows = rows("totp");
    assert_eq!(rows.len(), 18);
    for row in rows {
        let algorithm: Algorithm = text(&row, "algorithm").parse().unwrap();
        let of = |length| Totp {
            hotp: Hotp {
                algorithm,
                digits: digits(length),
            },
            t0: row["t0"].as_u64().unwrap(),
            step_s: u32::try_from(row["timestep"].as_u64().unwrap())
                .unwrap()
                .try_into()
                .unwrap(),
        };
        let unix_s = row["unix_time"].as_u64().unwrap();
        let step = u64::from_str_radix(text(&row, "counter_hex"), 16).unwrap();
        assert_eq!(of(8).time_step(unix_s), Some(step));
        assert_eq!(
            of(8).code_at(&key(&row), unix_s).unwrap().as_str(),
            text(&row, "expected8")
        );
        assert_eq!(
            of(6).code(&key(&row), step).as_str(),
            text(&row, "derived6")
        );
        let found = of(8).find(&key(&row), step - 1, 3, text(&row, "expected8"));
        assert_eq!(found, Some(step));
    }
}

#[test]
fn ocra_gives_every_input_byte_and_response_of_rfc_6287_appendix_c() {
    let rows = rows("ocra_rfc");
    assert_eq!(rows.len(), 70);
    for row in rows {
        let suite = Suite::parse(text(&row, "suite")).unwrap();
        let pin = row["pin"].as_str().map(|pin| suite.hash_pin(pin).unwrap());
        if let Some(pin) = &pin {
            let bytes = HEXLOWER
                .decode(text(&row, "pin_hash_hex").as_bytes())
                .unwrap();
            assert_eq!(pin.as_bytes(), bytes);
            let again = PinHash::from_bytes(suite.pin().unwrap(), &bytes).unwrap();
            assert_eq!(again.as_bytes(), bytes);
        }
        let asked = text(&row, "question");
        let question = match row["role"].as_str() {
            Some("server-computes") => suite.server_question(&asked[..8], &asked[8..]),
            Some("client-computes") => suite.client_question(&asked[8..], &asked[..8]),
            _ => suite.question(asked),
        };
        let input = Input {
            counter: row["counter"].as_u64(),
            question: question.unwrap(),
            pin: pin.as_ref(),
            session: None,
            time_step: row["timesteps"].as_u64(),
        };
        let data = suite.data_input(&input).unwrap();
        assert_eq!(
            HEXLOWER.encode(&data),
            text(&row, "datainput_hex"),
            "{suite} {asked}"
        );
        let tag = hmac(suite.algorithm(), &key(&row), &data);
        assert_eq!(tag, text(&row, "hmac_hex"), "{suite} {asked}");
        let response = suite.response(&key(&row), &input).unwrap();
        assert_eq!(response.as_str(), text(&row, "expected"), "{suite} {asked}");
        let value = row["dynamic_truncation_decimal"].as_u64().unwrap();
        let length = usize::from(suite.digits());
        assert!(
            format!("{value:010}").ends_with(response.as_str())
                && response.as_str().len() == length
        );
        let found = suite
            .find(&key(&row), &input, &Window::EXACT, response.as_str())
            .unwrap();
        assert_eq!(
            found,
            Some(Match {
                counter: input.counter,
                time_step: input.time_step
            })
        );
    }
}

#[test]
fn the_time_step_of_the_ocra_vectors_is_that_of_their_time() {
    let suite = Suite::parse("OCRA-1:HOTP-SHA512-8:QN08-T1M").unwrap();
    assert_eq!(suite.time_step(1_206_446_790), Some(0x132_d0b6)); // 2008-03-25T12:06:30Z
}
