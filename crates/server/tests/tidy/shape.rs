//! Rules about size and form: functions, files, `mod.rs`, macros, module documentation.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, FnArg, ImplItemFn, Item, ItemFn, ItemMacro, ItemMod, Signature, TraitItemFn};

use crate::attributes::is_for_tests;
use crate::source::{Finding, Source};

/// Lines of a body, its braces included; clippy.toml has the same figure.
const MOST_FUNCTION_LINES: usize = 70;
/// Parameters beside `self`; clippy.toml has the same figure.
const MOST_PARAMETERS: usize = 6;
/// Lines of a file, its unit tests apart.
pub(crate) const MOST_FILE_LINES: usize = 400;

/// A function's signature, and its body if it has one.
struct Function<'ast>(&'ast Signature, Option<&'ast Block>);

/// Collects free functions, methods and the methods of traits, nested ones too.
#[derive(Default)]
struct Functions<'ast>(Vec<Function<'ast>>);

impl<'ast> Visit<'ast> for Functions<'ast> {
    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        self.0.push(Function(&node.sig, Some(&node.block)));
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast ImplItemFn) {
        self.0.push(Function(&node.sig, Some(&node.block)));
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_trait_item_fn(&mut self, node: &'ast TraitItemFn) {
        self.0.push(Function(&node.sig, node.default.as_ref()));
        visit::visit_trait_item_fn(self, node);
    }
}

fn functions(tree: &syn::File) -> Vec<Function<'_>> {
    let mut functions = Functions::default();
    functions.visit_file(tree);
    functions.0
}

/// Functions that do not fit on a screen.
pub(crate) fn long_functions(file: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for Function(signature, body) in functions(&file.tree()) {
        let Some(body) = body else { continue };
        let braces = body.brace_token.span;
        let lines = braces.close().end().line - braces.open().start().line + 1;
        if lines > MOST_FUNCTION_LINES {
            let name = &signature.ident;
            let what = format!(
                "the body of `{name}` has {lines} lines, {MOST_FUNCTION_LINES} at most; \
                 name its steps and make each a function"
            );
            found.push(file.at(name.span().start().line, what));
        }
    }
    found
}

/// Functions that take a parts list.
pub(crate) fn many_parameters(file: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for Function(signature, _) in functions(&file.tree()) {
        let parameters = signature
            .inputs
            .iter()
            .filter(|input| matches!(input, FnArg::Typed(_)));
        let count = parameters.count();
        if count > MOST_PARAMETERS {
            let name = &signature.ident;
            let what = format!(
                "`{name}` takes {count} parameters, {MOST_PARAMETERS} at most; \
                 those that travel together want a struct with a name"
            );
            found.push(file.at(name.span().start().line, what));
        }
    }
    found
}

/// Files that nobody reads whole.
pub(crate) fn long_files(file: &Source) -> Vec<Finding> {
    let tests = match file.tree().items.last() {
        Some(Item::Mod(item)) if item.content.is_some() && is_for_tests(&item.attrs) => {
            let span = item.span();
            span.end().line - span.start().line + 1
        }
        _ => 0,
    };
    let lines = file.text.lines().count() - tests;
    if lines <= MOST_FILE_LINES {
        return Vec::new();
    }
    let what = format!(
        "has {lines} lines beside its unit tests, {MOST_FILE_LINES} at most; \
         move what has a name of its own to a module"
    );
    vec![file.at(1, what)]
}

/// Files that do not begin by saying what they are; a library may do so with its README.
pub(crate) fn missing_module_docs(file: &Source) -> Vec<Finding> {
    let readme = "#![doc = include_str!(\"../README.md\")]";
    let has_readme = file.path.ends_with("/src/lib.rs") && file.text.starts_with(readme);
    if file.text.starts_with("//! ") || has_readme {
        return Vec::new();
    }
    vec![file.at(
        1,
        "does not start with `//!`; say what the module is, and what it is not for",
    )]
}

/// What stands in a `mod.rs` beside `mod`, `use`, attributes and documentation.
pub(crate) fn logic_in_mod_rs(file: &Source) -> Vec<Finding> {
    let tree = file.tree();
    let logic = tree.items.iter().filter(|item| match item {
        Item::Mod(item) => item.content.is_some(),
        Item::Use(_) => false,
        _ => true,
    });
    let what = "more than `mod` and `use` in a mod.rs; move it to a file named for what it is";
    logic
        .map(|item| file.at(line_after_attributes(item), what))
        .collect()
}

/// The line of the item itself: a doc comment above it is its first token.
fn line_after_attributes(item: &Item) -> usize {
    let keyword = match item {
        Item::Const(item) => item.const_token.span,
        Item::Enum(item) => item.enum_token.span,
        Item::Fn(item) => item.sig.ident.span(),
        Item::Impl(item) => item.impl_token.span,
        Item::Mod(item) => item.ident.span(),
        Item::Struct(item) => item.struct_token.span,
        Item::Trait(item) => item.trait_token.span,
        Item::Type(item) => item.type_token.span,
        other => other.span(),
    };
    keyword.start().line
}

/// `macro_rules!` in what is shipped.
pub(crate) fn macro_definitions(file: &Source) -> Vec<Finding> {
    if file.is_test() {
        return Vec::new();
    }
    let mut lines = MacroDefinitions::default();
    lines.visit_file(&file.tree());
    let what = "`macro_rules!` outside tests, where \"go to definition\" ends; \
                use a function, a generic or a `dyn` trait";
    lines
        .0
        .into_iter()
        .map(|line| file.at(line, what))
        .collect()
}

#[derive(Default)]
struct MacroDefinitions(Vec<usize>);

impl<'ast> Visit<'ast> for MacroDefinitions {
    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        if !is_for_tests(&node.attrs) {
            visit::visit_item_mod(self, node);
        }
    }

    fn visit_item_macro(&mut self, node: &'ast ItemMacro) {
        if node.mac.path.is_ident("macro_rules") && !is_for_tests(&node.attrs) {
            self.0.push(node.mac.path.span().start().line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::assert_found;

    const PATH: &str = "crates/a/src/b.rs";

    #[test]
    fn a_body_of_71_lines_is_found_wherever_it_stands() {
        let body = |lines: usize| format!("{{{}}}", "\n".repeat(lines - 1));
        for (before, after) in [
            ("//! Doc.\nfn f() ", ""),
            ("//! Doc.\nimpl A { fn f(&self) ", "}"),
            ("//! Doc.\ntrait A { fn f(&self) ", "}"),
            ("//! Doc.\nmod m { fn f() ", "}"),
        ] {
            assert_found(
                long_functions,
                PATH,
                &format!("{before}{}{after}", body(70)),
                &[],
            );
            assert_found(
                long_functions,
                PATH,
                &format!("{before}{}{after}", body(71)),
                &[2],
            );
        }
        assert_found(long_functions, PATH, "trait A { fn f(&self); }", &[]);
    }

    #[test]
    fn a_seventh_parameter_is_found_and_self_is_none() {
        let six = "a: A, b: A, c: A, d: A, e: A, f: A";
        assert_found(many_parameters, PATH, &format!("fn f({six}) {{}}"), &[]);
        assert_found(
            many_parameters,
            PATH,
            &format!("fn f({six}, g: A) {{}}"),
            &[1],
        );
        assert_found(
            many_parameters,
            PATH,
            &format!("trait T {{ fn f(&self, {six}); }}"),
            &[],
        );
        assert_found(
            many_parameters,
            PATH,
            &format!("impl T {{ fn f(self, {six}, g: A) {{}} }}"),
            &[1],
        );
    }

    #[test]
    fn a_file_of_401_lines_is_found_and_trailing_tests_are_not_counted() {
        let code = |lines: usize| "//! Doc.\n".to_owned() + &"\n".repeat(lines - 1);
        let tests = format!("#[cfg(test)]\nmod tests {{{}}}\n", "\n".repeat(500));
        assert_found(long_files, PATH, &code(400), &[]);
        assert_found(long_files, PATH, &code(401), &[1]);
        assert_found(long_files, PATH, &(code(400) + &tests), &[]);
        assert_found(long_files, PATH, &(code(401) + &tests), &[1]);
        assert_found(
            long_files,
            PATH,
            &(code(100) + &tests + "fn after() {}\n"),
            &[1],
        );
        assert_found(
            long_files,
            PATH,
            &(code(100) + &tests.replace("#[cfg(test)]", "")),
            &[1],
        );
    }

    #[test]
    fn a_file_without_module_documentation_is_found() {
        let readme = "#![doc = include_str!(\"../README.md\")]\n";
        assert_found(missing_module_docs, PATH, "//! What it is.\n", &[]);
        assert_found(missing_module_docs, "crates/a/src/lib.rs", readme, &[]);
        assert_found(missing_module_docs, PATH, readme, &[1]);
        for text in [
            "",
            "use a::b;\n",
            "// A comment.\n",
            "//!\n",
            "\n//! Too late.\n",
        ] {
            assert_found(missing_module_docs, PATH, text, &[1]);
        }
    }

    #[test]
    fn logic_in_a_mod_rs_is_found() {
        let contents = "//! Doc.\n#![expect(x, reason = \"y\")]\nmod a;\npub use a::B;\n";
        assert_found(logic_in_mod_rs, PATH, contents, &[]);
        for item in [
            "fn f() {}",
            "pub struct S;",
            "const A: u8 = 1;",
            "mod m { fn f() {} }",
            "impl S {}",
        ] {
            assert_found(
                logic_in_mod_rs,
                PATH,
                &format!("{contents}/// Doc.\n{item}\n"),
                &[6],
            );
        }
    }

    #[test]
    fn a_macro_definition_is_found_outside_tests() {
        let definition = "macro_rules! m { () => {} }";
        let in_function = format!("fn f() {{\n{definition}\n}}");
        assert_found(macro_definitions, PATH, definition, &[1]);
        assert_found(macro_definitions, PATH, &in_function, &[2]);
        assert_found(
            macro_definitions,
            PATH,
            &format!("#[cfg(test)] mod t {{ {definition} }}"),
            &[],
        );
        assert_found(macro_definitions, "crates/a/tests/it/b.rs", definition, &[]);
        assert_found(
            macro_definitions,
            PATH,
            "fn f() { println!(\"macro_rules!\") }",
            &[],
        );
    }
}
