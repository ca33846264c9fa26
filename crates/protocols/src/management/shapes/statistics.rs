//! What was counted, as JSON.

use challenge::clock::Timestamp;
use challenge::door::Door;
use challenge::visitor::SiteHour;
use challenge::watching::Counts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::management::moment;

/// What was counted in a stretch of time.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementStatistics)]
pub struct StatisticsShown {
    /// The stretch that was asked for: `hour`, `day` or `month`.
    pub range: String,
    /// Its beginning.
    pub from: String,
    /// Seconds that each point is over.
    #[schema(examples(60))]
    pub point_s: u32,
    /// The counts of each protocol.
    pub protocols: Vec<ProtocolShown>,
}

/// What was counted of a protocol.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementProtocolStatistics)]
pub struct ProtocolShown {
    /// The protocol: `ocapi`, `activid`, `dualshield`, `okay`, `device`, or `management`.
    #[schema(examples("okay"))]
    pub protocol: String,
    /// The whole stretch.
    pub total: CountsShown,
    /// The parts of it, oldest first, those without any count included.
    pub points: Vec<PointShown>,
}

/// What was counted in a part of the stretch.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementStatisticsPoint)]
pub struct PointShown {
    /// The beginning of the part.
    pub from: String,
    /// Its counts.
    #[serde(flatten)]
    pub counts: CountsShown,
}

/// Counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementCounts)]
pub struct CountsShown {
    /// Challenges issued, codes sent, approvals asked for.
    pub issued: u64,
    /// Answers that were right.
    pub right: u64,
    /// Answers that were wrong, but for those that locked.
    pub wrong: u64,
    /// Answers that locked, and what was asked of somebody who is locked.
    pub locked: u64,
    /// What was refused without a look at an answer, and what the user declined.
    pub refused: u64,
    /// Requests.
    pub requests: u64,
    /// Milliseconds that half of the requests did not exceed; null: there were none.
    #[schema(required)]
    pub p50_ms: Option<f64>,
    /// Milliseconds that 95 of 100 requests did not exceed.
    #[schema(required)]
    pub p95_ms: Option<f64>,
    /// Milliseconds that 99 of 100 requests did not exceed.
    #[schema(required)]
    pub p99_ms: Option<f64>,
}

/// What was counted of a site's visitors.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementSiteStatistics)]
pub struct SiteStatisticsShown {
    /// The beginning.
    pub from: String,
    /// The whole stretch.
    pub total: SiteCountsShown,
    /// Its hours, oldest first, those in which something was counted alone.
    pub hours: Vec<SiteHourShown>,
}

/// What was counted of a site's visitors in an hour.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementSiteHour)]
pub struct SiteHourShown {
    /// The beginning of the hour.
    pub from: String,
    /// Its counts.
    #[serde(flatten)]
    pub counts: SiteCountsShown,
}

/// Counts of a site, each for the hour in which its challenge was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementSiteCounts)]
pub struct SiteCountsShown {
    /// Challenges issued.
    pub issued: u64,
    /// Answered right.
    pub right: u64,
    /// Answered wrong.
    pub wrong: u64,
    /// Not answered.
    pub abandoned: u64,
    /// Told to be valid, each once.
    pub checked: u64,
    /// Milliseconds from issue to answer, on average; null: nobody answered.
    #[schema(required)]
    pub answer_ms: Option<u64>,
}

impl ProtocolShown {
    pub(in crate::management) fn of(door: Door, points: &[(Timestamp, Counts)]) -> Self {
        let mut total = Counts::default();
        for (_, counts) in points {
            total.add(counts);
        }
        let points = points.iter().map(|(from, counts)| PointShown {
            from: moment::show(*from),
            counts: CountsShown::of(counts),
        });
        Self {
            protocol: door.name().to_owned(),
            total: CountsShown::of(&total),
            points: points.collect(),
        }
    }
}

impl CountsShown {
    fn of(counts: &Counts) -> Self {
        let latency = |percent| counts.latency_us(percent).map(milliseconds);
        Self {
            issued: counts.issued,
            right: counts.right,
            wrong: counts.wrong,
            locked: counts.locked,
            refused: counts.refused,
            requests: counts.requests,
            p50_ms: latency(50),
            p95_ms: latency(95),
            p99_ms: latency(99),
        }
    }
}

impl SiteCountsShown {
    pub(in crate::management) fn of(hour: &SiteHour) -> Self {
        Self {
            issued: hour.issued,
            right: hour.right,
            wrong: hour.wrong,
            abandoned: hour.abandoned(),
            checked: hour.checked,
            answer_ms: hour.answer_ms.checked_div(hour.right + hour.wrong),
        }
    }
}

/// A latency of at most some seconds, so that nothing is lost.
fn milliseconds(us: u64) -> f64 {
    f64::from(u32::try_from(us).unwrap_or(u32::MAX)) / 1000.0
}
