//! The paths that a file names: in `use`, in code, in attributes, and in what macros are given.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Item, ItemExternCrate, ItemFn, ItemMod, ItemUse, Macro, MetaList, UseTree};

use crate::attributes::is_for_tests;

/// One path, as it is written.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    /// Whether it stands in a `use` or `extern crate`, where a single name is a crate or a module.
    pub(crate) imported: bool,
    /// The modules of the same file that it stands in.
    pub(crate) inside: Vec<String>,
}

impl Mention {
    /// Whether the path is this one or leads into it. A single name in code may be a variable.
    pub(crate) fn leads_to(&self, banned: &str) -> bool {
        let mut names = self.segments.iter();
        let matches = banned
            .split("::")
            .all(|wanted| names.next().is_some_and(|name| name == wanted));
        matches && (self.imported || self.segments.len() > 1)
    }
}

/// Every path of the file.
pub(crate) fn all(tree: &syn::File) -> Vec<Mention> {
    collect(tree, false)
}

/// Every path outside of what is compiled for tests alone.
pub(crate) fn shipped(tree: &syn::File) -> Vec<Mention> {
    collect(tree, true)
}

fn collect(tree: &syn::File, without_tests: bool) -> Vec<Mention> {
    let mut mentions = Mentions {
        without_tests,
        inside: Vec::new(),
        found: Vec::new(),
    };
    mentions.visit_file(tree);
    mentions.found
}

struct Mentions {
    without_tests: bool,
    inside: Vec<String>,
    found: Vec<Mention>,
}

impl Mentions {
    fn add(&mut self, segments: Vec<String>, line: usize, imported: bool) {
        self.found.push(Mention {
            segments,
            line,
            imported,
            inside: self.inside.clone(),
        });
    }

    fn add_use(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.add_use(&with(path.ident.to_string()), &path.tree),
            UseTree::Group(group) => group
                .items
                .iter()
                .for_each(|tree| self.add_use(before, tree)),
            UseTree::Name(name) => self.add(with(name.ident.to_string()), line(&name.ident), true),
            UseTree::Rename(name) => {
                self.add(with(name.ident.to_string()), line(&name.ident), true);
            }
            UseTree::Glob(glob) => {
                self.add(
                    with("*".to_owned()),
                    glob.star_token.span.start().line,
                    true,
                );
            }
        }
    }

    /// What a macro is given is no syntax tree: a path there is names with `::` between them.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut at_line = 0;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end_path(&mut path, at_line);
                        at_line = line(&name);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.add_tokens(group.stream());
                    self.end_path(&mut path, at_line);
                    colons = 0;
                }
                _ => {
                    self.end_path(&mut path, at_line);
                    colons = 0;
                }
            }
        }
        self.end_path(&mut path, at_line);
    }

    fn end_path(&mut self, path: &mut Vec<String>, line: usize) {
        if path.len() > 1 {
            self.add(path.clone(), line, false);
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_item(&mut self, node: &'ast Item) {
        let attributes = match node {
            Item::Fn(ItemFn { attrs, .. })
            | Item::Mod(ItemMod { attrs, .. })
            | Item::Use(ItemUse { attrs, .. }) => attrs.as_slice(),
            Item::Impl(item) => &item.attrs,
            _ => &[],
        };
        if !(self.without_tests && is_for_tests(attributes)) {
            visit::visit_item(self, node);
        }
    }

    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        self.inside.push(node.ident.to_string());
        visit::visit_item_mod(self, node);
        self.inside.pop();
    }

    fn visit_item_use(&mut self, node: &'ast ItemUse) {
        self.add_use(&[], &node.tree);
    }

    fn visit_item_extern_crate(&mut self, node: &'ast ItemExternCrate) {
        self.add(vec![node.ident.to_string()], line(&node.ident), true);
    }

    fn visit_path(&mut self, node: &'ast syn::Path) {
        let segments: Vec<String> = node
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        let first = node.segments.first().map_or(1, |part| line(&part.ident));
        self.add(segments, first, false);
        visit::visit_path(self, node);
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        self.add_tokens(node.tokens.clone());
        visit::visit_macro(self, node);
    }

    fn visit_meta_list(&mut self, node: &'ast MetaList) {
        self.add_tokens(node.tokens.clone());
        visit::visit_meta_list(self, node);
    }
}

fn line(name: &proc_macro2::Ident) -> usize {
    name.span().start().line
}

#[test]
fn paths_are_found_wherever_they_stand() {
    for (text, path) in [
        ("use a::b;", "a::b"),
        ("use {x, a::{y, b::{self, c}}};", "a::b::c"),
        ("use a::b as c;", "a::b"),
        ("use a::b::*;", "a::b"),
        ("use a;", "a"),
        ("extern crate a;", "a"),
        ("fn f() { ::a::b::c(); }", "a::b"),
        ("fn f(x: Vec<a::b::C>) {}", "a::b"),
        ("fn f() { a::b!(); }", "a::b"),
        ("fn f() { println!(\"{}\", g(a::b())); }", "a::b"),
        ("#[a::b] fn f() {}", "a::b"),
        ("#[derive(Clone, a::b)] struct S;", "a::b"),
    ] {
        let mentions = all(&syn::parse_file(text).unwrap());
        assert!(
            mentions.iter().any(|mention| mention.leads_to(path)),
            "{text}: {mentions:?}"
        );
    }
}

#[test]
fn other_names_are_left_alone() {
    for text in [
        "fn f(a: u8) -> u8 { a }",
        "fn f() { x::a::b(); }",
        "fn f() { println!(\"a::b\"); }",
        "fn f() { vec![a, b, x::a::c]; }",
        "use ab::c;",
        "/// Uses `a::b`.\nfn f() {}",
    ] {
        let mentions = all(&syn::parse_file(text).unwrap());
        assert!(
            !mentions.iter().any(|mention| mention.leads_to("a")),
            "{text}: {mentions:?}"
        );
    }
}
