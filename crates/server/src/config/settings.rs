//! Settings of the program itself: the command line over the environment over a TOML file.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::Environment;
use super::section::{Reading, Section};
use super::tls::{TlsLayer, TlsSettings};
use crate::serving::proxies::Proxies;

/// What the command line says; it wins.
#[derive(Clone, Default)]
pub struct Overrides {
    /// The file with settings.
    pub config: Option<PathBuf>,
    /// The data folder.
    pub data: Option<PathBuf>,
    /// The database's URL.
    pub store: Option<String>,
    /// Where to listen.
    pub listen: Option<String>,
    /// Where to serve metrics alone.
    pub metrics_listen: Option<String>,
    /// The address that clients see.
    pub public_url: Option<String>,
    /// The proxies that are believed, by address or network; none: as it is set elsewhere.
    pub trusted_proxies: Vec<String>,
    /// Whether they are believed with which certificate their clients came.
    pub trusted_proxy_certificates: bool,
    /// The TLS listener.
    pub tls: TlsLayer,
    /// Whether a database that may lose acknowledged commits is refused.
    pub require_durable: bool,
}

/// All settings, with their defaults.
#[derive(Clone)]
pub struct Settings {
    /// Where to listen.
    pub listen: String,
    /// Where to serve `/metrics` instead, if not beside everything else.
    pub metrics_listen: Option<String>,
    /// The address clients see, without a trailing slash; nothing: `http://` and the listener's.
    pub public_url: Option<String>,
    /// The proxies in front that are believed when they say whom they speak for.
    pub trusted_proxies: Proxies,
    /// The TLS listener, if there is to be one.
    pub tls: Option<TlsSettings>,
    /// The data folder.
    pub data: PathBuf,
    /// The database's URL. It may hold a password: not for messages.
    pub store: String,
    /// The file with the master keys; nothing: `master.key` in the data folder.
    pub master_key_file: Option<PathBuf>,
    /// What is logged, in the form of `RUST_LOG`.
    pub log: String,
    /// How the log looks.
    pub log_format: LogFormat,
    /// Whether a database that may lose acknowledged commits is refused.
    pub require_durable: bool,
    /// What the file says that only another command uses.
    pub warnings: Vec<String>,
    /// A `mailto:` or `https:` URI that push services are told; nothing: the public URL, as HTTPS.
    pub push_contact: Option<String>,
    /// Days for which the audit log is kept; nothing: for ever.
    pub audit_keep_days: Option<u32>,
}

/// The days for which the audit log can be kept.
const AUDIT_DAYS: RangeInclusive<u32> = 1..=36_500;

/// How the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people.
    Human,
    /// A JSON object a line.
    Json,
}

/// What is logged unless said otherwise; migrations tell each step at `info`.
const LOG: &str = "info,refinery_core=warn";

const LOG_FORMATS: [(&str, LogFormat); 2] =
    [("human", LogFormat::Human), ("json", LogFormat::Json)];

/// What one source says.
#[derive(Default)]
struct Layer {
    listen: Option<String>,
    metrics_listen: Option<String>,
    public_url: Option<String>,
    trusted_proxies: Option<Vec<String>>,
    trusted_proxy_certificates: Option<bool>,
    data: Option<PathBuf>,
    store: Option<String>,
    master_key_file: Option<PathBuf>,
    log: Option<String>,
    log_format: Option<LogFormat>,
    require_durable: Option<bool>,
    tls: TlsLayer,
    warnings: Vec<String>,
    push_contact: Option<String>,
    audit_keep_days: Option<u32>,
}

impl Settings {
    /// Reads the sources and lays them over each other. The error is one line.
    pub fn load(overrides: Overrides, environment: &Environment) -> Result<Self, String> {
        let named = environment.get("COUNTERSIGN_CONFIG").map(PathBuf::from);
        let file = match overrides.config.clone().or(named) {
            Some(path) => Layer::of_file(&path, environment)?,
            None => Layer::default(),
        };
        let below = Layer::of_environment(environment)?.over(file);
        let all = Layer::of_overrides(overrides).over(below);
        let data = all
            .data
            .unwrap_or_else(|| PathBuf::from("./countersign-data"));
        let store = all
            .store
            .unwrap_or_else(|| format!("sqlite:{}/countersign.db", data.display()));
        let public_url = all
            .public_url
            .map(|url| url.trim_end_matches('/').to_owned());
        if public_url.as_ref().is_some_and(|url| !is_web_url(url)) {
            return Err("public_url must begin with http:// or https://".to_owned());
        }
        if all
            .push_contact
            .as_ref()
            .is_some_and(|uri| !is_contact(uri))
        {
            return Err("push_contact must begin with mailto: or https://".to_owned());
        }
        if all
            .audit_keep_days
            .is_some_and(|days| !AUDIT_DAYS.contains(&days))
        {
            return Err("audit_keep_days must be from 1 to 36500".to_owned());
        }
        let proxies = Proxies::parse(&all.trusted_proxies.unwrap_or_default());
        let mut trusted_proxies =
            proxies.map_err(|problem| format!("trusted_proxies: {problem}"))?;
        if all.trusted_proxy_certificates == Some(true) {
            let believed = trusted_proxies.with_certificates();
            trusted_proxies =
                believed.map_err(|problem| format!("trusted_proxy_certificates: {problem}"))?;
        }
        let listen = all.listen.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        Ok(Self {
            trusted_proxies,
            tls: all.tls.settings(&listen)?,
            listen,
            metrics_listen: all.metrics_listen,
            public_url,
            data,
            store,
            master_key_file: all.master_key_file,
            log: all.log.unwrap_or_else(|| LOG.to_owned()),
            log_format: all.log_format.unwrap_or(LogFormat::Human),
            require_durable: all.require_durable.unwrap_or(false),
            warnings: all.warnings,
            push_contact: all.push_contact,
            audit_keep_days: all.audit_keep_days,
        })
    }
}

impl Layer {
    fn of_overrides(overrides: Overrides) -> Self {
        Self {
            listen: overrides.listen,
            metrics_listen: overrides.metrics_listen,
            public_url: overrides.public_url,
            trusted_proxies: Some(overrides.trusted_proxies).filter(|list| !list.is_empty()),
            trusted_proxy_certificates: overrides.trusted_proxy_certificates.then_some(true),
            data: overrides.data,
            store: overrides.store,
            require_durable: overrides.require_durable.then_some(true),
            tls: overrides.tls,
            ..Self::default()
        }
    }

    fn of_environment(environment: &Environment) -> Result<Self, String> {
        // An empty variable is one that was not set: shells and unit files make no difference.
        let get = |key: &str| {
            environment
                .get(&format!("COUNTERSIGN_{key}"))
                .filter(|value| !value.is_empty())
        };
        let log_format = get("LOG_FORMAT").map(|text| {
            let found = LOG_FORMATS.iter().find(|(name, _)| *name == text);
            let found = found.map(|(_, format)| *format);
            found.ok_or_else(|| "COUNTERSIGN_LOG_FORMAT: choose human or json".to_owned())
        });
        let flag = |key: &str| {
            let parsed = get(key).map(|text| text.parse());
            parsed
                .transpose()
                .map_err(|_| format!("COUNTERSIGN_{key}: choose true or false"))
        };
        let days = get("AUDIT_KEEP_DAYS").map(|text| {
            let wrong = "COUNTERSIGN_AUDIT_KEEP_DAYS: give a whole number of days";
            text.parse().map_err(|_| wrong.to_owned())
        });
        Ok(Self {
            listen: get("LISTEN"),
            metrics_listen: get("METRICS_LISTEN"),
            public_url: get("PUBLIC_URL"),
            trusted_proxies: get("TRUSTED_PROXIES")
                .map(|list| list.split(',').map(str::to_owned).collect()),
            data: get("DATA").map(PathBuf::from),
            store: get("STORE"),
            master_key_file: get("MASTER_KEY_FILE").map(PathBuf::from),
            log: get("LOG"),
            log_format: log_format.transpose()?,
            require_durable: flag("REQUIRE_DURABLE")?,
            trusted_proxy_certificates: flag("TRUSTED_PROXY_CERTIFICATES")?,
            tls: TlsLayer::of_environment(get),
            warnings: Vec::new(),
            push_contact: get("PUSH_CONTACT"),
            audit_keep_days: days.transpose()?,
        })
    }

    fn of_file(path: &Path, environment: &Environment) -> Result<Self, String> {
        let in_file = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| in_file(&error))?;
        let table = Reading::parse(&text).map_err(|error| in_file(&error))?;
        let reading = Reading::of(PathBuf::new(), environment);
        let mut section = Section::new(&reading, "", table);
        let folder = path.parent().unwrap_or(Path::new(""));
        let tls = section.table("tls");
        // One file may be for both commands: what describes tenants is left to the other one.
        let for_apply = ["tenant", "delivery"].into_iter();
        let for_apply = for_apply.filter(|key| section.take(key).is_some());
        let layer = Self {
            warnings: for_apply
                .map(|key| format!("{key}: `countersign apply` brings it into force, not `serve`"))
                .collect(),
            tls: tls.map_or_else(TlsLayer::default, |tls| TlsLayer::of_section(tls, folder)),
            listen: section.text("listen"),
            metrics_listen: section.text("metrics_listen"),
            public_url: section.text("public_url"),
            trusted_proxies: section.texts("trusted_proxies"),
            trusted_proxy_certificates: section.flag("trusted_proxy_certificates"),
            data: section.text("data").map(PathBuf::from),
            store: section.text("store"),
            master_key_file: section.text("master_key_file").map(PathBuf::from),
            log: section.text("log"),
            log_format: section.word("log_format", &LOG_FORMATS),
            require_durable: section.flag("require_durable"),
            push_contact: section.text("push_contact"),
            audit_keep_days: section.number("audit_keep_days"),
        };
        section.finish();
        let problems = reading.into_problems();
        if problems.is_empty() {
            Ok(layer)
        } else {
            Err(in_file(&problems.join("; ")))
        }
    }

    /// This one's word where it has one, else the other's.
    fn over(self, below: Self) -> Self {
        Self {
            listen: self.listen.or(below.listen),
            metrics_listen: self.metrics_listen.or(below.metrics_listen),
            trusted_proxy_certificates: self
                .trusted_proxy_certificates
                .or(below.trusted_proxy_certificates),
            tls: self.tls.over(below.tls),
            warnings: [self.warnings, below.warnings].concat(),
            public_url: self.public_url.or(below.public_url),
            trusted_proxies: self.trusted_proxies.or(below.trusted_proxies),
            data: self.data.or(below.data),
            store: self.store.or(below.store),
            master_key_file: self.master_key_file.or(below.master_key_file),
            log: self.log.or(below.log),
            log_format: self.log_format.or(below.log_format),
            require_durable: self.require_durable.or(below.require_durable),
            push_contact: self.push_contact.or(below.push_contact),
            audit_keep_days: self.audit_keep_days.or(below.audit_keep_days),
        }
    }
}

/// Whether push services take it (RFC 8292, section 2.1).
fn is_contact(text: &str) -> bool {
    text.starts_with("mailto:") && text.contains('@') || text.starts_with("https://")
}

fn is_web_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
        let file = file("listen = \"f:1\"\nstore = \"sqlite:f\"\nlog = \"f\"\n");
        let environment = Environment::fixed([
            ("COUNTERSIGN_LISTEN", "e:1"),
            ("COUNTERSIGN_STORE", "sqlite:e"),
        ]);
        let overrides = Overrides {
            config: Some(file.path().to_owned()),
            listen: Some("c:1".to_owned()),
            ..Overrides::default()
        };
        let settings = Settings::load(overrides, &environment).unwrap();
        assert_eq!(
            (
                settings.listen.as_str(),
                settings.store.as_str(),
                settings.log.as_str()
            ),
            ("c:1", "sqlite:e", "f")
        );
    }

    #[test]
    fn trusted_proxies_come_from_every_source_and_are_networks() {
        let file = file("trusted_proxies = [\"10.0.0.0/8\"]\n");
        let load = |environment: &Environment, given: &[&str]| {
            let overrides = Overrides {
                config: Some(file.path().to_owned()),
                trusted_proxies: given.iter().map(|&text| text.to_owned()).collect(),
                ..Overrides::default()
            };
            Settings::load(overrides, environment).map(|settings| settings.trusted_proxies)
        };
        let proxies = |texts: &[&str]| {
            let texts: Vec<_> = texts.iter().map(|&text| text.to_owned()).collect();
            Proxies::parse(&texts)
        };
        let none = Environment::fixed([]);
        let variable = Environment::fixed([("COUNTERSIGN_TRUSTED_PROXIES", "10.0.0.1, ::1")]);
        assert_eq!(load(&none, &[]), proxies(&["10.0.0.0/8"]));
        assert_eq!(load(&variable, &[]), proxies(&["10.0.0.1", "::1"]));
        assert_eq!(load(&variable, &["127.0.0.1"]), proxies(&["127.0.0.1"]));
        let error = load(&none, &["localhost"]).unwrap_err();
        assert!(
            error.starts_with("trusted_proxies: \"localhost\""),
            "{error}"
        );
    }

    #[test]
    fn certificates_are_believed_only_of_proxies_that_are_named() {
        let load = |text: &str, variable: &str| {
            let file = file(text);
            let overrides = Overrides {
                config: Some(file.path().to_owned()),
                ..Overrides::default()
            };
            let environment =
                Environment::fixed([("COUNTERSIGN_TRUSTED_PROXY_CERTIFICATES", variable)]);
            Settings::load(overrides, &environment).map(|settings| settings.trusted_proxies)
        };
        let named = "trusted_proxies = [\"::1\"]\n";
        let proxies = Proxies::parse(&["::1".to_owned()]).unwrap();
        assert_eq!(load(named, "false"), Ok(proxies.clone()));
        assert_eq!(load(named, "true"), proxies.with_certificates());
        for (text, variable, expected) in [
            ("", "true", "trusted_proxy_certificates: name the proxies"),
            (
                named,
                "yes",
                "COUNTERSIGN_TRUSTED_PROXY_CERTIFICATES: choose",
            ),
        ] {
            let error = load(text, variable).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn push_services_are_told_a_contact_that_they_take() {
        let load = |contact| {
            let environment = Environment::fixed([("COUNTERSIGN_PUSH_CONTACT", contact)]);
            let settings = Settings::load(Overrides::default(), &environment);
            settings.map(|settings| settings.push_contact)
        };
        assert_eq!(load(""), Ok(None));
        for good in ["mailto:ops@bank.example", "https://bank.example/contact"] {
            assert_eq!(load(good), Ok(Some(good.to_owned())));
        }
        for bad in [
            "ops@bank.example",
            "mailto:",
            "http://bank.example",
            "https:",
        ] {
            let error = load(bad).unwrap_err();
            assert!(error.contains("push_contact must begin"), "{bad}: {error}");
        }
    }

    #[test]
    fn the_audit_log_is_kept_for_some_days_or_for_ever() {
        let load = |text: &str, variable| {
            let file = file(text);
            let overrides = Overrides {
                config: Some(file.path().to_owned()),
                ..Overrides::default()
            };
            let environment = Environment::fixed([("COUNTERSIGN_AUDIT_KEEP_DAYS", variable)]);
            let settings = Settings::load(overrides, &environment);
            settings.map(|settings| settings.audit_keep_days)
        };
        assert_eq!(load("", ""), Ok(None));
        assert_eq!(load("audit_keep_days = 400\n", ""), Ok(Some(400)));
        assert_eq!(load("audit_keep_days = 400\n", "30"), Ok(Some(30)));
        for (text, variable, expected) in [
            ("audit_keep_days = 0\n", "", "audit_keep_days must be"),
            ("audit_keep_days = 36501\n", "", "audit_keep_days must be"),
            ("", "-1", "COUNTERSIGN_AUDIT_KEEP_DAYS: give"),
        ] {
            let error = load(text, variable).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_listener_for_tls_comes_from_every_source_and_its_files_from_the_folder_of_the_file() {
        let file = file("listen = \"h:80\"\n[tls]\ncertificate = \"c\"\nkey = \"/k\"\n");
        let load = |layer: TlsLayer, environment: &Environment| {
            let overrides = Overrides {
                config: Some(file.path().to_owned()),
                tls: layer,
                ..Overrides::default()
            };
            let settings = Settings::load(overrides, environment).unwrap();
            settings.tls.unwrap()
        };
        let none = Environment::fixed([]);
        let settings = load(TlsLayer::default(), &none);
        let folder = file.path().parent().unwrap();
        assert_eq!(settings.certificate, folder.join("c"));
        assert_eq!(settings.key, PathBuf::from("/k"));
        assert_eq!(
            (settings.listen.as_str(), settings.client_ca),
            ("h:8443", None)
        );
        let environment = Environment::fixed([
            ("COUNTERSIGN_TLS_LISTEN", "e:1"),
            ("COUNTERSIGN_TLS_KEY", "/e"),
            ("COUNTERSIGN_TLS_CLIENT_CA", "ca"),
            ("COUNTERSIGN_TLS_CERTIFICATE", ""),
        ]);
        let layer = TlsLayer {
            key: Some(PathBuf::from("/o")),
            ..TlsLayer::default()
        };
        let settings = load(layer, &environment);
        assert_eq!(settings.listen, "e:1");
        assert_eq!(settings.key, PathBuf::from("/o"));
        assert_eq!(settings.client_ca, Some(PathBuf::from("ca")));
    }

    #[test]
    fn a_file_for_apply_as_well_is_read_and_what_is_for_apply_alone_is_told() {
        let file = file("listen = \"h:80\"\n[[tenant]]\nname = \"BANK\"\n");
        let overrides = Overrides {
            config: Some(file.path().to_owned()),
            ..Overrides::default()
        };
        let settings = Settings::load(overrides, &Environment::fixed([])).unwrap();
        assert_eq!(settings.listen, "h:80");
        assert_eq!(settings.warnings.len(), 1);
        assert!(settings.warnings[0].starts_with("tenant: `countersign apply`"));
    }

    #[test]
    fn the_database_is_in_the_data_folder_unless_said_otherwise() {
        let environment =
            Environment::fixed([("COUNTERSIGN_DATA", "/d"), ("COUNTERSIGN_STORE", "")]);
        let settings = Settings::load(Overrides::default(), &environment).unwrap();
        assert_eq!(settings.store, "sqlite:/d/countersign.db");
        let plain = Settings::load(Overrides::default(), &Environment::fixed([])).unwrap();
        assert_eq!(plain.store, "sqlite:./countersign-data/countersign.db");
        assert_eq!(plain.listen, "127.0.0.1:8080");
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        for (text, expected) in [
            (
                "listn = \"a\"\n",
                "listn: unknown key; did you mean listen?",
            ),
            (
                "listen = 8080\n",
                "listen: expected a text in quotes, found a whole number",
            ),
            (
                "log_format = \"jsn\"\n",
                "log_format: there is no \"jsn\"; did you mean \"json\"?",
            ),
            ("a = 1\nb = \n", "line 2: "),
        ] {
            let file = file(text);
            let overrides = Overrides {
                config: Some(file.path().to_owned()),
                ..Overrides::default()
            };
            let error = Settings::load(overrides, &Environment::fixed([]))
                .err()
                .unwrap();
            assert!(error.contains(expected), "{error}");
        }
    }
}
