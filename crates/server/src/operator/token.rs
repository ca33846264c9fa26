//! `token`: a software token. It prints the code alone, or nothing.

use std::num::NonZeroU32;

use challenge::clock::Clock as _;
use data_encoding::HEXLOWER_PERMISSIVE;
use oath::ocra::{Input, Suite};
use oath::{Algorithm, Code, Digits, Hotp, Key, Totp};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::cli::{Failure, HotpArguments, OcraArguments, Output, TokenCommand, TotpArguments};
use crate::system::SystemClock;

/// Prints the code.
pub fn run(output: Output, command: &TokenCommand) -> Result<(), Failure> {
    let code = match command {
        TokenCommand::Hotp(arguments) => hotp(arguments),
        TokenCommand::Totp(arguments) => totp(arguments),
        TokenCommand::Ocra(arguments) => ocra(arguments),
    }?;
    if output.json {
        return output.value(&serde_json::json!({ "code": code.as_str() }));
    }
    output.lines(&[code.to_string()])
}

fn hotp(arguments: &HotpArguments) -> Result<Code, Failure> {
    let key = key(&arguments.key_hex)?;
    Ok(parameters(&arguments.algorithm, arguments.digits)?.code(&key, arguments.counter))
}

fn totp(arguments: &TotpArguments) -> Result<Code, Failure> {
    let key = key(&arguments.key_hex)?;
    let hotp = parameters(&arguments.algorithm, arguments.digits)?;
    let step_s = NonZeroU32::new(arguments.step).ok_or_else(|| {
        Failure::new("--step: a time step of 0 seconds has no number; use 1 or more")
    })?;
    let totp = Totp {
        hotp,
        t0: 0,
        step_s,
    };
    totp.code_at(&key, moment(arguments.time))
        .ok_or_else(|| Failure::new("--time: too early"))
}

fn ocra(arguments: &OcraArguments) -> Result<Code, Failure> {
    let suite = Suite::parse(&arguments.suite).map_err(of_option("suite"))?;
    let key = key(&arguments.key_hex)?;
    let question = suite
        .question(&arguments.question)
        .map_err(of_option("question"))?;
    if suite.has_counter() && arguments.counter.is_none() {
        return Err(Failure::new("the suite needs a counter; give --counter N"));
    }
    let pin = arguments.pin.as_ref().map(SecretString::expose_secret);
    let hashed_pin = pin.and_then(|pin| suite.hash_pin(pin));
    match (suite.pin().is_some(), pin) {
        (true, None) => return Err(Failure::new("the suite needs a PIN; give --pin P")),
        (false, Some(_)) => return Err(Failure::new("the suite takes no PIN; leave --pin out")),
        _ => {}
    }
    let session = arguments.session_hex.as_ref().map(session).transpose()?;
    if suite.session_bytes().is_some() && session.is_none() {
        let what = "the suite needs session information; give --session-hex X";
        return Err(Failure::new(what));
    }
    let input = Input {
        counter: arguments.counter,
        question,
        pin: hashed_pin.as_ref(),
        session: session.as_ref().map(|bytes| bytes.as_slice()),
        // A moment is no part of what is asked for: a suite without time takes no notice of it.
        time_step: suite.time_step(moment(arguments.time)),
    };
    suite.response(&key, &input).map_err(Failure::new)
}

fn key(hex: &SecretString) -> Result<Key, Failure> {
    Key::from_hex(hex.expose_secret()).map_err(of_option("key-hex"))
}

fn session(hex: &SecretString) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let bytes = HEXLOWER_PERMISSIVE.decode(hex.expose_secret().as_bytes());
    bytes
        .map(Zeroizing::new)
        .map_err(|_| Failure::new("--session-hex: expected an even number of hexadecimal digits"))
}

fn parameters(algorithm: &str, digits: u8) -> Result<Hotp, Failure> {
    let algorithm: Algorithm = algorithm.parse().map_err(of_option("algorithm"))?;
    let digits = Digits::new(digits).map_err(of_option("digits"))?;
    Ok(Hotp { algorithm, digits })
}

fn moment(unix_s: Option<u64>) -> u64 {
    unix_s.unwrap_or_else(|| SystemClock.now().unix_s())
}

fn of_option<E: std::fmt::Display>(name: &'static str) -> impl Fn(E) -> Failure {
    move |error| Failure::new(format!("--{name}: {error}"))
}
