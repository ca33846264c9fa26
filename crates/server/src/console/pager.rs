//! The way to the next part of a long list: by a cursor, so that nothing is counted and nothing repeats.

use askama::Template;

use super::words::Words;

/// The links below a list. Nothing is shown where the list fits on one page.
#[derive(Clone, Debug, Template)]
#[template(path = "console/pager.html")]
pub(super) struct Pager {
    words: Words,
    first: Option<String>,
    next: Option<String>,
    /// Where the list is on its page, from the number sign on; nothing: at its top.
    place: &'static str,
}

impl Pager {
    /// For the list at `path`, filtered by these fields (empty ones are left out), which went on from the
    /// cursor `after` and goes on at `next`.
    pub(super) fn new(
        words: Words,
        path: &str,
        filters: &[(&str, &str)],
        after: Option<&str>,
        next: Option<&str>,
    ) -> Self {
        let to = |cursor: Option<&str>| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            let given = filters.iter().filter(|(_, value)| !value.is_empty());
            query.extend_pairs(given);
            if let Some(cursor) = cursor {
                query.append_pair("after", cursor);
            }
            match query.finish() {
                query if query.is_empty() => path.to_owned(),
                query => format!("{path}?{query}"),
            }
        };
        Self {
            words,
            first: after.map(|_| to(None)),
            next: next.map(|next| to(Some(next))),
            place: "",
        }
    }

    /// Of a list that is further down on its page, at the element of this id.
    #[must_use]
    pub(super) fn at(self, place: &'static str) -> Self {
        Self { place, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_keep_the_filters() {
        let filters = [("q", "a&b"), ("empty", "")];
        let of = |after, next| Pager::new(Words::default(), "/x", &filters, after, next);
        let middle = of(Some("c1"), Some("c=2"));
        assert_eq!(middle.first.as_deref(), Some("/x?q=a%26b"));
        assert_eq!(middle.next.as_deref(), Some("/x?q=a%26b&after=c%3D2"));
        assert_eq!(of(None, None).to_string().trim(), "");
    }
}
