//! The parameters of a method as members that stand beside one another, each where its kind has it.

use challenge::directory::{Method, OcraSuites};
use challenge::methods::grid;

/// What an authenticator computes with.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) is_ocra: bool,
    pub(super) suite: Option<String>,
    pub(super) signature_suite: Option<String>,
    pub(super) digits: Option<u32>,
    pub(super) algorithm: Option<String>,
    pub(super) look_ahead: Option<u32>,
    pub(super) period_s: Option<u32>,
    pub(super) t0: Option<u64>,
    pub(super) counter_window: Option<u32>,
    pub(super) time_window: Option<u32>,
    pub(super) grid_mode: Option<grid::Mode>,
    pub(super) grid_wraps: Option<bool>,
}

impl Parameters {
    pub(super) fn of(method: &Method) -> Self {
        let none = Self::default();
        match method {
            Method::Hotp {
                algorithm,
                digits,
                look_ahead,
            } => Self {
                algorithm: Some(algorithm.to_string()),
                digits: Some(u32::from(*digits)),
                look_ahead: *look_ahead,
                ..none
            },
            Method::Totp {
                algorithm,
                digits,
                period_s,
                t0,
            } => Self {
                algorithm: Some(algorithm.to_string()),
                digits: Some(u32::from(*digits)),
                period_s: Some(*period_s),
                t0: Some(*t0),
                ..none
            },
            Method::Ocra(OcraSuites {
                suite,
                signature_suite,
                counter_window,
                time_window,
            }) => Self {
                is_ocra: true,
                suite: suite.clone(),
                signature_suite: signature_suite.clone(),
                counter_window: *counter_window,
                time_window: Some(*time_window),
                ..none
            },
            Method::Grid { mode, wraps } => Self {
                grid_mode: Some(*mode),
                grid_wraps: Some(*wraps),
                ..none
            },
            Method::Card => none,
            Method::OnDemand { digits } => Self {
                digits: Some(u32::from(*digits)),
                ..none
            },
        }
    }
}
