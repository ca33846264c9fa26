//! Lists a page at a time: how many, and after which. A cursor is opaque to callers.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::management::refusal::Refusal;

/// Things on a page where nothing else is asked for.
pub const LIMIT: u32 = 50;

/// Things on a page at most.
pub const LIMIT_MAX: u32 = 500;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// How many, 1 to [`LIMIT_MAX`].
    pub limit: u32,
    /// Where the page before ended, as the list itself wrote it; nothing: from the start.
    pub after: Option<String>,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            limit: LIMIT,
            after: None,
        }
    }
}

/// A part of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementPage)]
pub struct Page<T> {
    /// The things, in the order of the list.
    pub items: Vec<T>,
    /// What `after` is to be for the next page; null: this was the last one.
    #[schema(required)]
    pub next: Option<String>,
}

impl Paging {
    /// Reads `limit` and `after`.
    pub(super) fn read(limit: Option<&str>, after: Option<&str>) -> Result<Self, Refusal> {
        let limit = match limit {
            None => LIMIT,
            Some(text) => {
                let parsed = text.parse().ok();
                let fits = parsed.filter(|limit| (1..=LIMIT_MAX).contains(limit));
                let wrong = || Refusal::Malformed(format!("limit: send 1 to {LIMIT_MAX}"));
                fits.ok_or_else(wrong)?
            }
        };
        let after = after.map(opened).transpose()?;
        Ok(Self { limit, after })
    }

    /// A cursor given by a page of this server, as a form or a link holds it.
    pub fn after(cursor: Option<&str>) -> Result<Self, Refusal> {
        Self::read(None, cursor)
    }

    /// How many are wanted.
    pub fn limit(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    /// The page of a list that is known whole, in the order of `key`.
    pub(super) fn of_all<T>(&self, mut all: Vec<T>, key: impl Fn(&T) -> &str) -> Page<T> {
        all.sort_by(|left, right| key(left).cmp(key(right)));
        let after = self.after.as_deref();
        let mut rest: Vec<T> = all
            .into_iter()
            .filter(|one| after.is_none_or(|after| key(one) > after))
            .collect();
        let is_cut = rest.len() > self.limit();
        rest.truncate(self.limit());
        let last = rest.last().filter(|_| is_cut);
        let next = last.map(|last| closed(key(last)));
        Page { items: rest, next }
    }
}

impl<T> Page<T> {
    /// The same page of what each thing becomes.
    pub(super) fn map<U>(self, become_: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(become_).collect(),
            next: self.next,
        }
    }
}

/// A place in a list, as callers are given it.
pub(super) fn closed(place: &str) -> String {
    Base64UrlUnpadded::encode_string(place.as_bytes())
}

fn opened(cursor: &str) -> Result<String, Refusal> {
    let bytes = Base64UrlUnpadded::decode_vec(cursor).ok();
    let place = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    // A place is bound to statements: no database takes a NUL in a text.
    place.filter(|place| !place.contains('\0')).ok_or_else(|| {
        Refusal::Malformed("after: send what `next` of the page before was".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_any_size_put_together_are_the_list() {
        let all: Vec<String> = ["b", "a", "d", "é", "c", "a b"].map(str::to_owned).to_vec();
        let mut sorted = all.clone();
        sorted.sort();
        for limit in 1..=7 {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let limit = limit.to_string();
                let paging = Paging::read(Some(&limit), after.as_deref()).unwrap();
                let page = paging.of_all(all.clone(), String::as_str);
                assert!(!page.items.is_empty());
                seen.extend(page.items);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, sorted);
        }
    }

    #[test]
    fn a_limit_out_of_range_and_a_strange_cursor_are_refused_by_name() {
        for limit in ["0", "501", "-1", "", "x", "1.5", "4294967297"] {
            let refused = Paging::read(Some(limit), None);
            assert!(matches!(refused, Err(Refusal::Malformed(text)) if text.starts_with("limit")));
        }
        for after in ["=", "a", "_w", "AA", "é"] {
            let refused = Paging::read(None, Some(after));
            assert!(matches!(refused, Err(Refusal::Malformed(text)) if text.starts_with("after")));
        }
        assert_eq!(Paging::read(Some("500"), None).unwrap().limit, 500);
    }
}
