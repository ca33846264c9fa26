//! The load of verifications: right one-time passwords of many users.

use std::fmt::Write as _;

use oath::{Hotp, Key};

use crate::load::{Measured, Wire, gather, repeat};

const TOKEN_PATH: &str = "/idp/ONLINEBANK/authn/token";

/// The login name of user `number`.
fn login_name(number: usize) -> String {
    format!("user{number}")
}

/// The key of user `number`, in hexadecimal.
fn key_hex(number: usize) -> String {
    format!("{number:040x}")
}

/// Users with their next counters, and the portal's token.
pub(crate) struct Load {
    address: String,
    bearer: String,
    tokens: Vec<Token>,
}

#[derive(Clone)]
struct Token {
    login_name: String,
    key: Key,
    next_counter: u64,
}

impl Load {
    /// Gets the portal's token; the users' counters begin at 0.
    pub(crate) async fn new(address: &str, users: usize) -> Result<Self, String> {
        let mut wire = Wire::connect(address).await?;
        let body = "grant_type=client_credentials&client_id=spl-api&client_secret=password01";
        let answer = wire.exchange(&request(body, None)).await?;
        let answer = String::from_utf8_lossy(answer).into_owned();
        let bearer = answer
            .split("\"access_token\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let bearer = bearer.ok_or("no access token")?.to_owned();
        let tokens = (0..users).map(|number| Token {
            login_name: login_name(number),
            key: Key::from_hex(&key_hex(number)).expect("hexadecimal was just printed"),
            next_counter: 0,
        });
        Ok(Self {
            address: address.to_owned(),
            bearer,
            tokens: tokens.collect(),
        })
    }

    /// Right one-time passwords over so many connections, each user on one of them.
    pub(crate) async fn verify(&mut self, connections: usize) -> Result<Measured, String> {
        let share = self.tokens.len() / connections;
        let mut tasks = Vec::new();
        for mine in self.tokens.chunks_exact(share).take(connections) {
            let (address, bearer, mut mine) =
                (self.address.clone(), self.bearer.clone(), mine.to_vec());
            tasks.push(tokio::spawn(async move {
                let mut turn = 0;
                let next = || {
                    turn += 1;
                    let place = turn % mine.len();
                    mine[place].next_request(&bearer)
                };
                let times = repeat(&address, next).await?;
                Ok((times, mine))
            }));
        }
        let (measured, tokens) = gather(tasks).await?;
        let tokens = tokens.concat();
        let rest = self.tokens.split_off(tokens.len());
        self.tokens = tokens;
        self.tokens.extend(rest);
        Ok(measured)
    }
}

impl Token {
    fn next_request(&mut self, bearer: &str) -> String {
        let code = Hotp::default().code(&self.key, self.next_counter);
        self.next_counter += 1;
        let body = format!(
            "mode=SYNCHRONOUS&password={code}&grant_type=password&authType=AT_CUSTOTP\
             &client_id=spl-api&username={}",
            self.login_name,
        );
        request(&body, Some(bearer))
    }
}

fn request(body: &str, bearer: Option<&str>) -> String {
    let bearer = bearer.map(|token| format!("Authorization: Bearer {token}\r\n"));
    format!(
        "POST {TOKEN_PATH} HTTP/1.1\r\nHost: bench\r\n{}\
         Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n\
         Content-Length: {}\r\n\r\n{body}",
        bearer.unwrap_or_default(),
        body.len(),
    )
}

/// The tenant with so many users, as `apply` reads it.
pub(crate) fn tenant(users: usize) -> String {
    let mut text = String::from(
        "[[tenant]]\nname = \"ONLINEBANK\"\n\
         [[tenant.client]]\nid = \"spl-api\"\nsecret = \"password01\"\n\
         grants = [\"client_credentials\", \"password\"]\n\
         [[tenant.policy]]\ncode = \"AT_CUSTOTP\"\n",
    );
    for number in 0..users {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[[tenant.user]]\nlogin_name = \"{}\"\n[[tenant.user.authenticator]]\n\
             serial = \"{number:08}\"\nkind = \"hotp\"\npolicies = [\"AT_CUSTOTP\"]\n\
             secret = {{ hex = \"{}\" }}\n",
            login_name(number),
            key_hex(number),
        );
    }
    text
}
