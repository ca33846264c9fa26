//! Rules about attributes: a lint is set aside with `#[expect]` and a reason, or not at all.

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Lit, Meta, MetaList, Token};

use crate::source::{Finding, Source};

/// Whether an item is compiled for tests alone: `#[test]`, `#[cfg(test)]` or `#[cfg(all(test, ...))]`.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => arguments(list).iter().any(needs_test),
        _ => false,
    })
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => arguments(list).iter().any(needs_test),
        _ => false,
    }
}

/// What stands between the parentheses, or nothing where that is no list of attributes.
fn arguments(list: &MetaList) -> Vec<Meta> {
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    list.parse_args_with(parser)
        .map_or_else(|_| Vec::new(), |list| list.into_iter().collect())
}

/// `#[allow]` anywhere, and `#[expect]` that does not say why.
pub(crate) fn lints_without_reason(file: &Source) -> Vec<Finding> {
    let mut lints = Lints {
        file,
        found: Vec::new(),
    };
    lints.visit_file(&file.tree());
    lints.found
}

struct Lints<'a> {
    file: &'a Source,
    found: Vec<Finding>,
}

impl Lints<'_> {
    fn check(&mut self, meta: &Meta) {
        let Meta::List(list) = meta else { return };
        let what = if list.path.is_ident("cfg_attr") {
            // The first argument is the condition, which is no attribute.
            return arguments(list)
                .iter()
                .skip(1)
                .for_each(|inner| self.check(inner));
        } else if list.path.is_ident("allow") {
            "`#[allow]` stays when its cause is gone; use `#[expect(..., reason = \"...\")]`"
        } else if list.path.is_ident("expect") && !arguments(list).iter().any(is_reason) {
            "`#[expect]` without a reason; add `reason = \"...\"`"
        } else {
            return;
        };
        self.found
            .push(self.file.at(list.path.span().start().line, what));
    }
}

impl<'ast> Visit<'ast> for Lints<'_> {
    fn visit_attribute(&mut self, node: &'ast Attribute) {
        self.check(&node.meta);
        visit::visit_attribute(self, node);
    }
}

fn is_reason(meta: &Meta) -> bool {
    let Meta::NameValue(pair) = meta else {
        return false;
    };
    let Expr::Lit(value) = &pair.value else {
        return false;
    };
    let Lit::Str(text) = &value.lit else {
        return false;
    };
    pair.path.is_ident("reason") && !text.value().trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::assert_found;

    #[test]
    fn an_allow_or_an_expect_without_reason_is_found() {
        for (attribute, lines) in [
            (
                "#[expect(clippy::panic, reason = \"the lock is never poisoned\")]",
                &[][..],
            ),
            ("#[derive(Debug)]", &[]),
            ("#[cfg_attr(test, derive(PartialEq))]", &[]),
            ("#[allow(clippy::panic, reason = \"x\")]", &[2]),
            ("#[allow(dead_code)]", &[2]),
            ("#[expect(dead_code)]", &[2]),
            ("#[expect(dead_code, reason = \" \")]", &[2]),
            ("#[cfg_attr(test, allow(dead_code))]", &[2]),
            ("#[cfg_attr(test, expect(dead_code))]", &[2]),
        ] {
            let text = format!("//! Doc.\n{attribute}\nstruct S;\n");
            assert_found(lints_without_reason, "crates/a/src/b.rs", &text, lines);
        }
        assert_found(
            lints_without_reason,
            "crates/a/src/lib.rs",
            "#![allow(dead_code)]",
            &[1],
        );
        let inside = "fn f() {\n    #[allow(unused)]\n    let a = 1;\n}";
        assert_found(lints_without_reason, "crates/a/src/b.rs", inside, &[2]);
    }

    #[test]
    fn what_is_compiled_for_tests_is_known() {
        for (attribute, expected) in [
            ("#[cfg(test)]", true),
            ("#[test]", true),
            ("#[cfg(all(test, unix))]", true),
            ("#[cfg(not(test))]", false),
            ("#[cfg(any(test, unix))]", false),
            ("#[cfg(unix)]", false),
        ] {
            let item: syn::ItemFn = syn::parse_str(&format!("{attribute} fn f() {{}}")).unwrap();
            assert_eq!(is_for_tests(&item.attrs), expected, "{attribute}");
        }
    }
}
