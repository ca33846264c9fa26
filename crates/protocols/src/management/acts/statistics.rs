//! What was counted: of a tenant, of the whole server, of a site.

use std::collections::BTreeMap;

use challenge::clock::Timestamp;
use challenge::door::Door;
use challenge::id::Id;
use challenge::officers::{Officer, Power};
use challenge::visitor::SiteHour;
use challenge::watching::{Counts, Span};

use crate::desk::Desk;
use crate::management::acts::sites;
use crate::management::moment;
use crate::management::refusal::Refusal;
use crate::management::shapes::statistics::{
    ProtocolShown, SiteCountsShown, SiteHourShown, SiteStatisticsShown, StatisticsShown,
};

/// The ways in that are told of: who uses the program beside the database answers no challenges.
const TOLD: [Door; 6] = [
    Door::Ocapi,
    Door::Activid,
    Door::Dualshield,
    Door::Okay,
    Door::Device,
    Door::Management,
];

/// Seconds of a site's statistics where nothing else is asked for.
const SITE_S: i64 = 24 * 3600;

/// A stretch of time up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// 30 days, in UTC.
    Month,
}

impl Range {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Month];

    /// The name in a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The stretch of this name; the day where none is given.
    pub fn named(name: Option<&str>) -> Result<Self, Refusal> {
        let Some(name) = name else {
            return Ok(Self::Day);
        };
        let found = Self::ALL.into_iter().find(|range| range.name() == name);
        found.ok_or_else(|| Refusal::Malformed("range: send hour, day or month".to_owned()))
    }

    /// Seconds of each point, and the number of points.
    fn points(self) -> (u32, u32) {
        match self {
            Self::Hour => (60, 60),
            Self::Day => (3600, 24),
            Self::Month => (86_400, 30),
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Hour => Span::Minute,
            Self::Day | Self::Month => Span::Hour,
        }
    }

    /// The beginnings of the points, oldest first, the last one being the one that `now` is in.
    fn beginnings(self, now: Timestamp) -> Vec<Timestamp> {
        let (point_s, points) = self.points();
        let length_ms = i64::from(point_s) * 1000;
        let last = now.unix_ms().div_euclid(length_ms) * length_ms;
        let back = (0..i64::from(points)).rev();
        back.map(|steps| Timestamp::from_unix_ms(last - steps * length_ms))
            .collect()
    }
}

/// What was counted of a tenant within reach, or of the whole server, up to some seconds ago.
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    tenant: Option<&str>,
    range: Range,
) -> Result<StatisticsShown, Refusal> {
    let tenant = match tenant {
        None => {
            officer.server(Power::Read)?;
            Id::SERVER
        }
        Some(name) => {
            let view = officer.tenant(&desk.verifier.catalogue, name, Power::Read)?;
            view.tenant.id
        }
    };
    let beginnings = range.beginnings(desk.verifier.now());
    let from = beginnings.first().copied().unwrap_or(desk.verifier.now());
    let rows = desk
        .verifier
        .store()
        .traffic(tenant, range.span(), from)
        .await?;
    let mut by_point: BTreeMap<(Door, Timestamp), Counts> = BTreeMap::new();
    for row in &rows {
        let reached = beginnings.partition_point(|beginning| *beginning <= row.from);
        let Some(point) = reached
            .checked_sub(1)
            .and_then(|place| beginnings.get(place))
        else {
            continue;
        };
        by_point
            .entry((row.door, *point))
            .or_default()
            .add(&row.counts);
    }
    let of = |door| {
        let counts = |point: &Timestamp| by_point.get(&(door, *point)).copied();
        let points = beginnings.iter();
        let points: Vec<_> = points
            .map(|point| (*point, counts(point).unwrap_or_default()))
            .collect();
        ProtocolShown::of(door, &points)
    };
    Ok(StatisticsShown {
        range: range.name().to_owned(),
        from: moment::show(from),
        point_s: range.points().0,
        protocols: TOLD.map(of).into(),
    })
}

/// What was counted of a site's visitors in the last 24 hours, up to some seconds ago.
pub async fn of_site(
    desk: &Desk,
    officer: &Officer,
    (tenant, public_id): (&str, &str),
) -> Result<SiteStatisticsShown, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Read)?;
    let site = sites::found(desk, &view, public_id)?;
    let from = Timestamp::from_unix_ms(desk.verifier.now().unix_ms() - SITE_S * 1000);
    let hours = desk
        .verifier
        .store()
        .site_hours(site.tenant, site.id, from)
        .await?;
    let mut all = SiteHour::of(site.tenant, site.id, from);
    for hour in &hours {
        all.add(hour);
    }
    let shown = |hour: &SiteHour| SiteHourShown {
        from: moment::show(hour.from),
        counts: SiteCountsShown::of(hour),
    };
    Ok(SiteStatisticsShown {
        from: moment::show(from),
        total: SiteCountsShown::of(&all),
        hours: hours.iter().map(shown).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_ends_with_the_point_that_now_is_in() {
        let now = Timestamp::from_unix_s(1_800_000_059);
        for range in Range::ALL {
            let beginnings = range.beginnings(now);
            let (point_s, points) = range.points();
            assert_eq!(u32::try_from(beginnings.len()), Ok(points));
            let last = *beginnings.last().unwrap();
            assert!(last <= now && now < last.plus_s(point_s), "{range:?}");
            assert!(
                beginnings
                    .windows(2)
                    .all(|two| two[0].plus_s(point_s) == two[1])
            );
        }
    }
}
