//! Files of tokens as JSON: what is sent, and what is said of it, by line.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use import::pskc::Given;
use import::{Remark, Report};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::management::refusal::Refusal;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ManagementImportFormat)]
pub enum ImportFormat {
    /// A table.
    Csv,
    /// A container of keys (RFC 6030).
    Pskc,
    /// A list of otpauth URIs.
    Otpauth,
}

impl ImportFormat {
    /// What the audit log calls it.
    pub(in crate::management) fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Pskc => "pskc",
            Self::Otpauth => "otpauth",
        }
    }
}

/// A file of tokens, and how it is to be taken in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementImportBody)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the sub-command, and none depends on another"
)]
pub struct ImportBody {
    /// How the file is written.
    pub format: ImportFormat,
    /// The text of the file.
    #[schema(value_type = String, examples("serial,kind,secret_hex,login_name\n70000001,hotp,3132333435363738393031323334353637383930,alice\n"))]
    pub file: SecretString,
    /// Whether it is only looked at: nothing is written.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether lines that are refused are left out; otherwise nothing is imported where there is one.
    #[serde(default)]
    pub skip_refused: bool,
    /// Whether tokens for which nobody is named are kept for later, locked.
    #[serde(default)]
    pub unassigned: bool,
    /// Whether dates of validity are passed over.
    #[serde(default)]
    pub ignore_dates: bool,
    /// The codes of the policies of tokens that name none; null: all of the tenant's.
    #[serde(default)]
    pub policies: Option<Vec<String>>,
    /// PSKC: the pre-shared key, in hexadecimal.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub key_hex: Option<SecretString>,
    /// PSKC: the pre-shared key, in base64.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub key_base64: Option<SecretString>,
    /// PSKC: the passphrase that the key is derived from.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub passphrase: Option<SecretString>,
}

impl ImportBody {
    /// What opens the file.
    pub(in crate::management) fn opener(&self) -> Result<Given, Refusal> {
        let given = [
            ("/key_hex", &self.key_hex),
            ("/key_base64", &self.key_base64),
            ("/passphrase", &self.passphrase),
        ];
        let mut given = given
            .into_iter()
            .filter_map(|(at, one)| Some((at, one.as_ref()?)));
        let Some((at, text)) = given.next() else {
            return Ok(Given::Nothing);
        };
        if let Some((more, _)) = given.next() {
            let detail = format!("{} opens the file already; leave one of them out", &at[1..]);
            return Err(Refusal::invalid(more, detail));
        }
        if self.format != ImportFormat::Pskc {
            return Err(Refusal::invalid(
                at,
                "only a file of PSKC is opened with a key",
            ));
        }
        let bytes = text.expose_secret().trim().as_bytes();
        let (key, name) = match at {
            "/key_hex" => (HEXLOWER_PERMISSIVE.decode(bytes), "hexadecimal"),
            "/key_base64" => (BASE64.decode(bytes), "base64"),
            _ => return Ok(Given::Passphrase(text.clone())),
        };
        key.map(|key| Given::Key(Zeroizing::new(key)))
            .map_err(|_| Refusal::invalid(at, format!("it is not {name}")))
    }
}

/// Something about a line of the file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ManagementImportRemark)]
pub struct RemarkShown {
    /// The line, from 1.
    pub line: u64,
    /// The serial, as far as it could be read.
    #[schema(required)]
    pub serial: Option<String>,
    /// What is wrong and what to do.
    pub text: String,
}

/// What came of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ManagementImport)]
pub struct ImportShown {
    /// Whether anything was written.
    pub imported: bool,
    /// Tokens that were taken in, or would be.
    pub authenticators: usize,
    /// Users who were made for them.
    pub users_created: usize,
    /// Tokens that are kept for later, locked.
    pub unassigned: usize,
    /// Tokens whose validity has an end, which nobody watches.
    pub with_end_of_validity: usize,
    /// The first 1,000 lines that were refused.
    pub refused: Vec<RemarkShown>,
    /// How many were.
    pub refused_count: usize,
    /// The first 1,000 things that are better not asked for.
    pub warnings: Vec<RemarkShown>,
    /// How many there are.
    pub warnings_count: usize,
    /// What was noticed of the file as a whole.
    pub notes: Vec<String>,
}

impl ImportShown {
    pub(in crate::management) fn of(report: Report, imported: bool) -> Self {
        let shown = |told: Vec<Remark>| told.into_iter().map(RemarkShown::of).collect();
        Self {
            imported,
            authenticators: report.taken.authenticators,
            users_created: report.taken.users,
            unassigned: report.taken.unassigned,
            with_end_of_validity: report.taken.dated,
            refused_count: report.refused.count,
            refused: shown(report.refused.told),
            warnings_count: report.warnings.count,
            warnings: shown(report.warnings.told),
            notes: report.notes,
        }
    }
}

impl RemarkShown {
    fn of(remark: Remark) -> Self {
        Self {
            line: remark.line,
            serial: remark.serial,
            text: by_members(&remark.text),
        }
    }
}

/// A text that names options of the command line, with the members of the body instead.
pub(in crate::management) fn by_members(text: &str) -> String {
    const MEMBERS: [(&str, &str); 6] = [
        ("--key-file or --key-env", "key_hex or key_base64"),
        ("--passphrase-file or --passphrase-env", "passphrase"),
        ("--ignore-dates", "ignore_dates"),
        ("--unassigned", "unassigned"),
        ("--key-file", "key_hex"),
        ("--passphrase-file", "passphrase"),
    ];
    MEMBERS
        .iter()
        .fold(text.to_owned(), |text, (option, member)| {
            text.replace(option, member)
        })
}
