//! Sites as JSON: the members of the provisioning file, and what only an answer has.

use challenge::directory::Site;
use challenge::directory::provision::SiteBlueprint;
use challenge::secret::Sealed;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;

use crate::management::members::{SecretGiven, words_schema};
use crate::management::precondition::{Tag, Tagged};
use crate::management::shapes::told::{ToldOnce, never, nothing};
use crate::widget;

/// A site to be made, or as it is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementSiteBody)]
pub struct SiteBody {
    /// The name that stands in its pages, unique in the server. It cannot be changed.
    #[schema(
        examples("shop"),
        min_length = 1,
        max_length = 256,
        pattern = "^[A-Za-z0-9._~-]+$"
    )]
    pub public_id: String,
    /// The key its server signs with; absent: as it is.
    #[serde(default, skip_serializing_if = "never", serialize_with = "nothing")]
    pub secret: Option<SecretGiven>,
    /// The JWT algorithms its server may sign with.
    #[serde(default = "algorithms")]
    #[schema(schema_with = algorithms_schema)]
    pub jwt_algorithms: Vec<String>,
    /// The kinds of challenge it wants, the default one first.
    #[serde(default = "kinds")]
    #[schema(schema_with = kinds_schema)]
    pub kinds: Vec<String>,
    /// The origins its pages have; empty: any.
    #[serde(default)]
    #[schema(examples(json!(["https://shop.example"])))]
    pub origins: Vec<String>,
    /// The base difficulty of its proofs of work; null: the server's.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 50_000)]
    pub difficulty: Option<u32>,
    /// The image corpora it draws from.
    #[serde(default)]
    pub corpora: Vec<String>,
}

/// A site.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementSite)]
pub struct SiteShown {
    /// The name that stands in its pages.
    #[schema(examples("shop"))]
    pub public_id: String,
    /// Whether there is a key that its server signs with.
    pub has_secret: bool,
    /// The key, where this request had it drawn. It is told nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub secret: Option<ToldOnce>,
    /// The JWT algorithms its server may sign with.
    pub jwt_algorithms: Vec<String>,
    /// The kinds of challenge it wants, the default one first.
    pub kinds: Vec<String>,
    /// The origins its pages have; empty: any.
    pub origins: Vec<String>,
    /// The base difficulty of its proofs of work; null: the server's.
    #[schema(required)]
    pub difficulty: Option<u32>,
    /// The image corpora it draws from.
    pub corpora: Vec<String>,
    /// What is better not asked for; told once, in the answer to whoever asked for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub warnings: Vec<String>,
}

/// What a site's page is to have in it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementSnippet)]
pub struct Snippet {
    /// What the page loads.
    pub script: String,
    /// What stands where the challenge is to be.
    pub element: String,
    /// Where the site's server asks whether a challenge is valid, whose id stands behind it.
    #[schema(examples("https://captcha.example/ocapi/v2/challenge/"))]
    pub check: String,
    /// The same for pages and servers that were made for another service.
    pub replacements: Vec<ReplacementShown>,
}

/// What takes the place of another service.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementReplacement)]
pub struct ReplacementShown {
    /// The service: `recaptcha`, `hcaptcha`, `turnstile` or `altcha`.
    #[schema(examples("turnstile"))]
    pub service: String,
    /// What the page loads instead of the service's script; null: that script stays.
    #[schema(required)]
    pub script: Option<String>,
    /// What stands where the service's element was.
    pub element: String,
    /// Where the site's server asks instead of the service.
    pub check: String,
}

fn algorithms() -> Vec<String> {
    SiteBlueprint::named("").jwt_algorithms
}

fn kinds() -> Vec<String> {
    SiteBlueprint::named("").kinds
}

fn algorithms_schema() -> Schema {
    words_schema(&["HS256", "HS384", "HS512"])
}

fn kinds_schema() -> Schema {
    words_schema(&SiteBlueprint::KINDS)
}

impl Snippet {
    /// What a site of this public id needs, from a server at this address.
    pub(in crate::management) fn of(public_url: &str, public_id: &str) -> Self {
        let [script, element] = widget::snippet(public_url, public_id);
        let shown = |found: widget::Replacement| ReplacementShown {
            service: found.service.to_owned(),
            script: found.loads_ours.then(|| script.clone()),
            element: found.element,
            check: found.check,
        };
        let replacements = widget::replacements(public_url, public_id).into_iter();
        Self {
            replacements: replacements.map(shown).collect(),
            check: format!("{public_url}/ocapi/v2/challenge/"),
            script,
            element,
        }
    }
}

impl SiteBody {
    /// What can be written of a site as it is.
    pub fn of(site: &Site) -> Self {
        Self {
            public_id: site.public_id.clone(),
            secret: None,
            jwt_algorithms: site.jwt_algorithms.clone(),
            kinds: site.kinds.clone(),
            origins: site.origins.clone(),
            difficulty: site.difficulty,
            corpora: site.corpora.clone(),
        }
    }

    /// The site that is wanted.
    pub(in crate::management) fn blueprint(&self, secret: Option<SecretString>) -> SiteBlueprint {
        SiteBlueprint {
            public_id: self.public_id.clone(),
            secret,
            jwt_algorithms: self.jwt_algorithms.clone(),
            kinds: self.kinds.clone(),
            origins: self.origins.clone(),
            difficulty: self.difficulty,
            corpora: self.corpora.clone(),
        }
    }
}

impl SiteShown {
    /// The site, with its tag.
    pub(in crate::management) fn of(site: &Site) -> Tagged<Self> {
        let shown = Self {
            public_id: site.public_id.clone(),
            has_secret: site.secret.is_some(),
            secret: None,
            jwt_algorithms: site.jwt_algorithms.clone(),
            kinds: site.kinds.clone(),
            origins: site.origins.clone(),
            difficulty: site.difficulty,
            corpora: site.corpora.clone(),
            warnings: Vec::new(),
        };
        let tag = Tag::of(&shown, &[site.secret.as_ref().map(Sealed::as_bytes)]);
        Tagged { value: shown, tag }
    }
}
