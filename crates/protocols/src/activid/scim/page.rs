//! One page of what a search finds: counted, sorted, and never more kept than the page needs.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::activid::scim::filter;
use crate::activid::scim::path::member;
use crate::activid::scim::query::Query;

/// Members that every answer has, whatever attributes are asked for. The last two are read by the
/// vendor's clients without a look whether they are there.
const ALWAYS: [&str; 6] = [
    "schemas",
    "id",
    "externalId",
    "meta",
    "urn:hid:scim:api:idp:2.0:UserAuthenticator",
    "urn:hid:scim:api:idp:2.0:UserAttribute",
];

/// What has been found so far.
pub(super) struct Page<'q> {
    query: &'q Query,
    total: usize,
    kept: Vec<(SortKey, Value)>,
}

/// What a resource is sorted by. Those without a value come last, in either order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SortKey {
    Number(i128),
    Text(String),
    Missing,
}

impl<'q> Page<'q> {
    /// An empty page.
    pub(super) fn new(query: &'q Query) -> Self {
        Self {
            query,
            total: 0,
            kept: Vec::new(),
        }
    }

    /// Takes a resource that was found.
    pub(super) fn push(&mut self, resource: Value) {
        let place = self.total;
        self.total += 1;
        let end = self.query.skip.saturating_add(self.query.count);
        if self.query.sort_by.is_none() {
            if (self.query.skip..end).contains(&place) {
                self.kept.push((SortKey::Missing, resource));
            }
            return;
        }
        self.kept.push((self.key_of(&resource), resource));
        if self.kept.len() > end.saturating_mul(2).saturating_add(64) {
            self.sort();
            self.kept.truncate(end);
        }
    }

    /// The answer: the list under its lower-case name, as the vendor's clients read it.
    pub(super) fn into_list(mut self) -> Value {
        let total = self.total;
        let mut skip = 0;
        if self.query.sort_by.is_some() {
            self.sort();
            skip = self.query.skip;
        }
        let wanted = self.kept.into_iter().skip(skip).take(self.query.count);
        let resources: Vec<_> = wanted
            .map(|(_, one)| projected(one, &self.query.attributes))
            .collect();
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": total,
            "itemsPerPage": resources.len(),
            "startIndex": self.query.skip.saturating_add(1),
            "resources": resources,
        })
    }

    fn key_of(&self, resource: &Value) -> SortKey {
        let path = self.query.sort_by.as_ref();
        let values = path.map(|path| path.values(resource)).unwrap_or_default();
        let Some(first) = values.first() else {
            return SortKey::Missing;
        };
        let text = filter::text_of(first).to_lowercase();
        text.parse().map_or(SortKey::Text(text), SortKey::Number)
    }

    fn sort(&mut self) {
        let descending = self.query.descending;
        self.kept
            .sort_by(|(left, _), (right, _)| left.compare(right, descending));
    }
}

impl SortKey {
    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Missing, Self::Missing) => return Ordering::Equal,
            (Self::Missing, _) => return Ordering::Greater,
            (_, Self::Missing) => return Ordering::Less,
            (Self::Number(left), Self::Number(right)) => left.cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        };
        if descending { order.reverse() } else { order }
    }
}

/// A resource reduced to the attributes that are wanted.
pub(super) fn projected(resource: Value, attributes: &[String]) -> Value {
    let Value::Object(mut members) = resource else {
        return resource;
    };
    if !attributes.is_empty() {
        members.retain(|name, _| {
            ALWAYS.contains(&name.as_str()) || attributes.contains(&name.to_ascii_lowercase())
        });
    }
    Value::Object(members)
}

/// The resource's id, for its location.
pub(super) fn id_of(resource: &Value) -> &str {
    member(resource, "id")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(query: &str, found: impl IntoIterator<Item = Value>) -> (u64, Vec<String>) {
        let query = Query::from_url(query).unwrap();
        let mut page = Page::new(&query);
        found.into_iter().for_each(|one| page.push(one));
        let list = page.into_list();
        let ids = list["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| id_of(one).to_owned());
        (list["totalResults"].as_u64().unwrap(), ids.collect())
    }

    fn numbered(count: u32) -> impl Iterator<Item = Value> {
        // 7 and 1009 are coprime: every number comes once, in no order.
        (0..count).map(|at| json!({"id": (at * 7 % 1009).to_string()}))
    }

    #[test]
    fn pages_are_cut_out_of_the_order() {
        let (total, found) = ids("startIndex=3&count=2", numbered(10));
        assert_eq!((total, found), (10, vec!["14".to_owned(), "21".to_owned()]));
        let (total, found) = ids("sortBy=id&count=3&startIndex=2", numbered(1009));
        assert_eq!(
            (total, found),
            (1009, vec!["1".to_owned(), "2".to_owned(), "3".to_owned()])
        );
        let (_, found) = ids("sortBy=id&sortOrder=descending&count=2", numbered(1009));
        assert_eq!(found, ["1008", "1007"]);
        let (total, found) = ids("count=0&sortBy=id", numbered(500));
        assert_eq!((total, found.len()), (500, 0));
        let (total, found) = ids("startIndex=9223372036854775807", numbered(5));
        assert_eq!((total, found.len()), (5, 0));
    }

    #[test]
    fn what_has_no_value_comes_last() {
        let found = [
            json!({"id": "1"}),
            json!({"id": "2", "b": "x"}),
            json!({"id": "3", "b": 5}),
        ];
        assert_eq!(ids("sortBy=b", found.clone()).1, ["3", "2", "1"]);
        assert_eq!(
            ids("sortBy=b&sortOrder=descending", found).1,
            ["2", "3", "1"]
        );
    }
}
