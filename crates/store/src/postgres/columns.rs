//! The rows of a group turned into columns: one array a column, one statement a table.
//!
//! Rows stand in key order, so that groups of several nodes insert in one order too.

use challenge::access::TokenKey;
use challenge::clock::Timestamp;
use challenge::id::Id;
use tokio_postgres::types::ToSql;

use crate::change::ChangeRows;

/// A value for each row of one column.
type Column<'a> = Box<dyn ToSql + Sync + Send + 'a>;
type Table<'a> = Option<Vec<Column<'a>>>;

/// The columns of each statement of `link` that writes, in the order of those statements; nothing
/// where there is nothing to write.
pub(super) fn of<'a>(winners: &[&'a ChangeRows]) -> [Table<'a>; 11] {
    let [new_standings, moved_standings] = standings(winners);
    let [new_challenges, moved_challenges] = challenges(winners);
    [
        new_standings,
        moved_standings,
        new_challenges,
        moved_challenges,
        spent(winners),
        annotations(winners),
        tokens(winners),
        revoked(winners),
        messages(winners),
        events(winners),
        unsealed(winners),
    ]
}

fn column<'a, R, T: ToSql + Sync + Send + 'a>(rows: &[R], value: impl Fn(&R) -> T) -> Column<'a> {
    Box::new(rows.iter().map(value).collect::<Vec<T>>())
}

fn standings<'a>(winners: &[&'a ChangeRows]) -> [Table<'a>; 2] {
    let mut rows: Vec<(i64, i64, i64, &'a str, i64)> = winners
        .iter()
        .filter_map(|change| {
            let row = change.standing.as_ref()?;
            let next = row.next.as_ref()?;
            Some((
                change.tenant,
                row.user,
                row.expected + 1,
                next.body.as_str(),
                next.failures,
            ))
        })
        .collect();
    rows.sort_unstable();
    let (new, moved): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.2 == 1);
    [new, moved].map(|rows| {
        (!rows.is_empty()).then(|| {
            vec![
                column(&rows, |row| row.0),
                column(&rows, |row| row.1),
                column(&rows, |row| row.2),
                column(&rows, |row| row.3),
                column(&rows, |row| row.4),
            ]
        })
    })
}

fn challenges<'a>(winners: &[&'a ChangeRows]) -> [Table<'a>; 2] {
    let mut rows: Vec<_> = winners
        .iter()
        .flat_map(|change| change.challenges.iter().map(|row| (change.tenant, row)))
        .filter_map(|(tenant, row)| {
            Some((
                tenant,
                row.id.as_slice(),
                row.expected + 1,
                row.next.as_ref()?,
            ))
        })
        .collect();
    rows.sort_unstable_by_key(|row| (row.0, row.1));
    let (new, moved): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.2 == 1);
    [new, moved].map(|rows| {
        (!rows.is_empty()).then(|| {
            vec![
                column(&rows, |row| row.0),
                column(&rows, |row| row.1),
                column(&rows, |row| row.2),
                column(&rows, |row| row.3.state),
                column(&rows, |row| row.3.ends_at),
                column(&rows, |row| row.3.body.as_str()),
            ]
        })
    })
}

fn spent<'a>(winners: &[&'a ChangeRows]) -> Table<'a> {
    let mut rows: Vec<(i64, &'a [u8], Option<i64>)> = winners
        .iter()
        .flat_map(|change| change.spent.iter().map(|mark| (change.tenant, mark)))
        .map(|(tenant, mark)| {
            (
                tenant,
                mark.digest.as_slice(),
                mark.keep_until.map(Timestamp::unix_ms),
            )
        })
        .collect();
    rows.sort_unstable();
    (!rows.is_empty()).then(|| {
        vec![
            column(&rows, |row| row.0),
            column(&rows, |row| row.1),
            column(&rows, |row| row.2),
        ]
    })
}

fn annotations<'a>(winners: &[&'a ChangeRows]) -> Table<'a> {
    let mut rows: Vec<_> = winners
        .iter()
        .flat_map(|change| change.annotations.iter().map(|row| (change.tenant, row)))
        .collect();
    rows.sort_unstable_by_key(|(tenant, row)| (*tenant, row.corpus, row.digest, row.voice));
    (!rows.is_empty()).then(|| {
        vec![
            column(&rows, |row| row.0),
            column(&rows, |row| row.1.corpus.number()),
            column(&rows, |row| row.1.digest.as_slice()),
            column(&rows, |row| row.1.voice.as_slice()),
            column(&rows, |row| row.1.said.parts().0),
            column(&rows, |row| row.1.said.parts().1),
            column(&rows, |row| row.1.at.unix_ms()),
        ]
    })
}

fn tokens<'a>(winners: &[&'a ChangeRows]) -> Table<'a> {
    let rows: Vec<_> = winners
        .iter()
        .filter_map(|change| Some((change.tenant, change.token.as_ref()?)))
        .collect();
    (!rows.is_empty()).then(|| {
        vec![
            column(&rows, |row| row.0),
            column(&rows, |row| row.1.key.issued_ms),
            column(&rows, |row| row.1.key.digest.as_slice()),
            column(&rows, |row| row.1.client.number()),
            column(&rows, |row| {
                row.1.user.as_ref().map(|user| user.id.number())
            }),
            column(&rows, |row| {
                row.1.user.as_ref().map(|user| user.login_name.as_str())
            }),
            column(&rows, |row| row.1.expires_at.unix_ms()),
            column(&rows, |row| row.1.revoked),
        ]
    })
}

fn revoked<'a>(winners: &[&'a ChangeRows]) -> Table<'a> {
    let mut rows: Vec<(i64, &'a TokenKey)> = winners
        .iter()
        .filter_map(|change| Some((change.tenant, change.revoked.as_ref()?)))
        .collect();
    rows.sort_unstable_by_key(|row| (row.0, row.1.issued_ms, row.1.digest));
    (!rows.is_empty()).then(|| {
        vec![
            column(&rows, |row| row.0),
            column(&rows, |row| row.1.issued_ms),
            column(&rows, |row| row.1.digest.as_slice()),
        ]
    })
}

fn messages<'a>(winners: &[&'a ChangeRows]) -> Table<'a> {
    let rows: Vec<_> = winners
        .iter()
        .flat_map(|change| &change.messages)
        .map(|row| (&row.message, row.place))
        .collect();
    (!rows.is_empty()).then(|| {
        vec![
            column(&rows, |row| row.0.tenant.number()),
            column(&rows, |row| row.0.id.as_bytes().as_slice()),
            column(&rows, |row| row.0.kind.as_str()),
            column(&rows, |row| row.0.line.map(Id::number)),
            column(&rows, |row| row.1),
            column(&rows, |row| row.0.body.as_str()),
            column(&rows, |row| row.0.due_at.unix_ms()),
        ]
    })
}

fn events<'a>(winners: &[&'a ChangeRows]) -> Table<'a> {
    let rows: Vec<_> = winners.iter().map(|change| &change.event).collect();
    (!rows.is_empty()).then(|| {
        vec![
            column(&rows, |row| row.tenant),
            column(&rows, |row| row.id.as_slice()),
            column(&rows, |row| row.at),
            column(&rows, |row| row.kind),
            column(&rows, |row| row.outcome),
            column(&rows, |row| row.user),
            column(&rows, |row| row.officer.as_deref()),
            column(&rows, |row| row.detail.as_str()),
            column(&rows, |row| {
                row.mark.as_ref().map(|mark| mark.salt.as_slice())
            }),
        ]
    })
}

/// The events that wait to be sealed.
fn unsealed<'a>(winners: &[&'a ChangeRows]) -> Table<'a> {
    let events = winners.iter().map(|change| &change.event);
    let rows: Vec<_> = events
        .filter_map(|event| Some((event, event.mark.as_ref()?)))
        .collect();
    (!rows.is_empty()).then(|| {
        vec![
            column(&rows, |row| row.0.id.as_slice()),
            column(&rows, |row| row.0.tenant),
            column(&rows, |row| row.1.tag.as_slice()),
        ]
    })
}
