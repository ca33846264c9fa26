//! By which way something came in: one of the protocols, the management of the server, or the
//! program beside the database. What a protocol says on the wire is not known here.

use serde::{Deserialize, Serialize};

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// Ocapi: visitors of websites.
    Ocapi,
    /// ActivID: portals that ask OATH devices.
    Activid,
    /// DualShield: applications that ask grids and apps.
    Dualshield,
    /// Okay: services that ask a phone to approve.
    Okay,
    /// The phones' own interface.
    Device,
    /// The management API and the console.
    Management,
    /// The program, run beside the database.
    CommandLine,
}

impl Door {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Ocapi,
        Self::Activid,
        Self::Dualshield,
        Self::Okay,
        Self::Device,
        Self::Management,
        Self::CommandLine,
    ];

    /// The name in the database, in exports and in statistics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ocapi => "ocapi",
            Self::Activid => "activid",
            Self::Dualshield => "dualshield",
            Self::Okay => "okay",
            Self::Device => "device",
            Self::Management => "management",
            Self::CommandLine => "command_line",
        }
    }

    /// The way in of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|door| door.name() == name)
    }

    /// Whether whoever comes in by it runs the server, and is named as an officer in the audit log.
    pub fn is_of_officers(self) -> bool {
        matches!(self, Self::Management | Self::CommandLine)
    }
}
