//! Where an authenticator's key comes from: given, drawn, or spelt by a grid's path; and whether a new one
//! may be taken.

use oath::Key;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::blueprint::{AuthenticatorBlueprint, KeySource};
use super::draft::{Draft, Within};
use super::enrolment::Enrolment;
use super::findings::At;
use super::token::handed_over;
use crate::directory::{Authenticator, Method};
use crate::methods::grid;

impl Draft<'_> {
    /// The key that the blueprint gives; nothing: the present one stays. Where it cannot be one, the
    /// problem is kept.
    pub(super) fn key(
        &mut self,
        within: &Within,
        at: &At,
        (token, enrolment): (&AuthenticatorBlueprint, &Enrolment),
        present: Option<&Authenticator>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ()> {
        let is_enrolled = present.is_some();
        match (&enrolment.method, &token.key) {
            (Method::Grid { mode, .. }, _) => self.path(at, (token, *mode), present),
            (Method::OnDemand { .. }, _) if is_enrolled => Ok(None),
            (Method::OnDemand { .. }, _) => Ok(Some(self.drawn_key(enrolment))),
            (_, KeySource::Given(key)) => Ok(Some(Zeroizing::new(key.as_bytes().to_vec()))),
            (_, KeySource::AsItIs | KeySource::Generate) if is_enrolled => Ok(None),
            (_, KeySource::AsItIs) => {
                self.found.problem(at, "secret: it is missing");
                Err(())
            }
            (_, KeySource::Generate | KeySource::Renew) => {
                let bytes = self.drawn_key(enrolment);
                let key = Key::new(bytes.to_vec()).map_err(|_| ())?;
                let generated = handed_over(within, token, enrolment, &key);
                self.generated.extend(generated);
                Ok(Some(bytes))
            }
        }
    }

    fn drawn_key(&self, enrolment: &Enrolment) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(vec![0; enrolment.algorithm.digest_bytes()]);
        self.context.rng.fill(&mut bytes);
        bytes
    }

    /// A grid's secret in its one spelling.
    fn path(
        &mut self,
        at: &At,
        (token, mode): (&AuthenticatorBlueprint, grid::Mode),
        present: Option<&Authenticator>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ()> {
        let before = present.map(|present| &present.method);
        let is_alike = matches!(before, Some(Method::Grid { mode: before, .. }) if *before == mode);
        let Some(path) = &token.path else {
            if !is_alike {
                let name = mode.name();
                self.found.problem(
                    at,
                    format!("path: it is missing; a grid of mode {name} needs one"),
                );
                return Err(());
            }
            return Ok(None);
        };
        let parsed = grid::Secret::parse(mode, path.expose_secret());
        let secret = self.found.accept(at, "path", parsed).ok_or(())?;
        Ok(Some(Zeroizing::new(secret.canonical().as_bytes().to_vec())))
    }

    /// Refuses a grid's secret that is easily guessed, where it is a new one.
    pub(super) fn check_new(&mut self, at: &At, method: &Method, key: &[u8]) {
        let Method::Grid { mode, .. } = method else {
            return;
        };
        let text = std::str::from_utf8(key).unwrap_or_default();
        let checked = grid::Secret::parse(*mode, text).and_then(|secret| secret.check_new());
        self.found.accept(at, "path", checked);
    }
}
