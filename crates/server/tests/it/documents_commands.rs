//! No command is left over: every block of README.md and of docs that somebody is to type is run by a test,
//! which is named here, and whatever is named in passing exists. What a new document has to do: let its blocks
//! be typed on a `Stage`, and stand in the table.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::documents::{all_blocks, documents, text};
use crate::documents_stage::NOT_RUN;
use crate::running::PROGRAM;

/// Languages of blocks that nobody types: files, answers, pages.
const NOT_TYPED: [&str; 16] = [
    "csv",
    "haproxy",
    "html",
    "ini",
    "js",
    "json",
    "nginx",
    "php",
    "promql",
    "python",
    "text",
    "toml",
    "toml-hand-on",
    "xml",
    "yaml",
    "caddy",
];

/// Which test types the blocks: document, language, `all` of them or the only `one`, module and function.
const TYPED: &str = "
    README.md sh all documents_typed::the_commands_of_the_readme_lead_to_a_server_with_the_tenants_of_the_readme
    docs/activid.md sh all documents_typed::the_commands_of_the_activid_reference_are_answered_as_it_says
    docs/audit.md sh one auditing::the_documented_commands_work_as_they_stand_there
    docs/backup.md bash one restoring::a_postgres_that_was_brought_back_by_its_own_means_is_marked
    docs/backup.md sh all restoring::the_guides_commands_bring_a_backup_back_in_which_no_used_code_is_good
    docs/callbacks.md sh one documents_typed::the_commands_about_callbacks_list_them_and_send_one_again
    docs/console.md sh all documents_typed::the_commands_of_the_consoles_guide_lead_to_a_console_that_the_printed_link_opens
    docs/corpora.md sh one corpora::the_documented_commands_work_as_they_stand_there
    docs/device-api.md sh one evidence::the_kept_signature_is_shown_and_verifies_by_the_documents_commands
    docs/doctor.md sh one doctor::a_sound_set_up_has_nothing_wrong
    docs/dualshield.md sh all dualshield_foreign::every_command_of_the_document_is_answered_as_it_says
    docs/enrolment-uris.md sh all documents_typed::the_command_about_enrolment_draws_the_uri_of_what_was_generated
    docs/import.md sh all importing::every_command_of_the_document_is_done
    docs/install.md sh all documents_operating::what_the_install_guide_sets_up_serves_as_the_unit_says
    docs/key-rotation.md bash one keys::the_key_is_changed_beside_a_server_by_the_documents_commands
    docs/key-rotation.md sh one keys::the_key_is_changed_beside_a_server_by_the_documents_commands
    docs/management-api.md console one management_guide::every_command_of_the_document_is_done
    docs/management-api.md sh all management_guide::every_command_of_the_document_is_done
    docs/moving.md sh all documents_typed::the_commands_about_moving_take_in_the_tokens_of_each_server
    docs/moving-to-ocapi.md bash one drop_in::the_commands_of_the_document_take_what_is_good_once_and_fail_closed
    docs/moving-to-ocapi.md sh one drop_in::the_commands_of_the_document_take_what_is_good_once_and_fail_closed
    docs/ocapi.md sh all documents_typed::the_commands_of_the_ocapi_reference_issue_answer_and_check
    docs/ocapi-guides.md bash one guides::the_curl_guide_finds_a_challenge_valid_once_and_fails_closed
    docs/officers.md sh one documents_typed::the_commands_about_officers_make_list_and_revoke_a_token
    docs/okay.md sh all documents_typed::the_commands_of_the_okay_reference_link_a_user
    docs/okay-guides.md sh all okay_guides::the_commands_lead_to_an_approval_that_the_receiver_in_node_is_told
    docs/operations.md sh all documents_operating::the_commands_about_operating_tell_that_the_server_is_well
    docs/start-activid.md sh all documents_start::five_minutes_of_activid_end_with_a_code_that_is_refused_the_second_time
    docs/start-dualshield.md sh all documents_start::five_minutes_of_dualshield_end_with_an_answer_that_is_refused_the_second_time
    docs/start-ocapi.md sh all documents_start::five_minutes_of_ocapi_end_with_a_challenge_that_is_valid_once
    docs/start-okay.md sh all documents_start::five_minutes_of_okay_end_with_a_decision_that_stays
    docs/tls.md authority one tls_guide::the_set_up_in_the_document_works_as_it_stands_there
    docs/tls.md bash one tls_guide::the_set_up_in_the_document_works_as_it_stands_there
    docs/tls.md console one tls_guide::the_set_up_in_the_document_works_as_it_stands_there
    docs/tls.md curl one tls_guide::the_set_up_in_the_document_works_as_it_stands_there
    docs/tls.md sh one tls_guide::the_set_up_in_the_document_works_as_it_stands_there
";

/// A line of the table.
struct Typed {
    document: &'static str,
    language: &'static str,
    /// Whether the test takes all blocks of the language, and not the first alone.
    all: bool,
    module: &'static str,
    function: &'static str,
}

fn typed() -> Vec<Typed> {
    let lines = TYPED.lines().filter(|line| !line.trim().is_empty());
    let parsed = lines.map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [document, language, taken, test] = words[..] else {
            panic!("not four words: {line}");
        };
        assert!(["all", "one"].contains(&taken), "{line}");
        let (module, function) = test.split_once("::").expect("a module and a function");
        Typed {
            document,
            language,
            all: taken == "all",
            module,
            function,
        }
    });
    parsed.collect()
}

/// The language of a block, unless nobody types it.
fn typed_language(language: &str) -> Option<&str> {
    (!NOT_TYPED.contains(&language)).then_some(language)
}

/// The lines of the blocks that somebody types, by document and language.
fn typed_blocks() -> BTreeMap<(String, String), Vec<usize>> {
    let mut found: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for document in documents() {
        for block in all_blocks(&document) {
            let Some(language) = typed_language(&block.language) else {
                continue;
            };
            let key = (document.clone(), language.to_owned());
            found.entry(key).or_default().push(block.line);
        }
    }
    found
}

#[test]
fn every_block_of_commands_is_typed_by_a_test_that_is_named() {
    let blocks = typed_blocks();
    let mut named = BTreeSet::new();
    for row in typed() {
        let Typed {
            document, language, ..
        } = row;
        let key = (document.to_owned(), language.to_owned());
        let count = blocks.get(&key).map_or(0, Vec::len);
        assert!(
            count > 0,
            "{document} has no block of {language}; take it out of the table"
        );
        assert!(
            row.all || count == 1,
            "{document}: the first block of {language} alone is typed"
        );
        assert!(
            named.insert(key),
            "{document} with {language} stands twice in the table"
        );
    }
    let left: Vec<_> = blocks
        .iter()
        .filter(|(key, _)| !named.contains(*key))
        .collect();
    assert!(
        left.is_empty(),
        "nobody types these blocks (document, language, lines): let a test do so, and name it in \
         the table: {left:?}"
    );
}

#[test]
fn every_test_of_the_table_is_one_and_takes_what_it_says() {
    for row in typed() {
        let Typed {
            document,
            module,
            function,
            ..
        } = row;
        let source = text(&format!("crates/server/tests/it/{module}.rs"));
        let (before, _) = source
            .split_once(&format!("fn {function}("))
            .unwrap_or_else(|| panic!("{module}.rs has no {function}, which types {document}"));
        let attributes = before.rsplit("\n\n").next().unwrap_or_default();
        let runs = attributes.contains("#[test]") || attributes.contains("#[tokio::test");
        assert!(
            runs && !attributes.contains("#[ignore"),
            "{module}::{function} is not run"
        );
        let name = document.rsplit('/').next().unwrap_or(document);
        assert!(
            source.contains(name),
            "{module}.rs does not name {document}"
        );
        let ways: &[&str] = if row.all {
            &["blocks(", "types_all("]
        } else {
            &["block(", "split_once(\"```"]
        };
        let takes = ways.iter().any(|way| source.contains(way));
        assert!(
            takes,
            "{module}.rs takes no {} out of {document}",
            row.language
        );
    }
}

#[test]
fn what_is_not_run_is_used_by_a_document_and_has_a_reason() {
    let documents: Vec<_> = documents()
        .iter()
        .flat_map(|name| all_blocks(name))
        .collect();
    for (program, reason) in NOT_RUN {
        let used = documents.iter().any(|block| {
            typed_language(&block.language).is_some()
                && block.text.lines().any(|line| {
                    let line = line.trim_start().trim_start_matches("sudo ");
                    line.starts_with(program)
                })
        });
        assert!(used, "no document runs {program}; take it out of the list");
        assert!(reason.len() > 20, "{program}: say why it cannot be run");
    }
}

/// What `--help` says of a sub-command, asked once.
#[derive(Default)]
struct Helps(BTreeMap<Vec<String>, String>);

impl Helps {
    fn of(&mut self, path: &[String]) -> &str {
        self.0.entry(path.to_vec()).or_insert_with(|| {
            let output = Command::new(PROGRAM)
                .args(path)
                .arg("--help")
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "countersign {} --help",
                path.join(" ")
            );
            String::from_utf8(output.stdout).unwrap()
        })
    }

    /// The sub-commands below this one; none where it has none.
    fn below(&mut self, path: &[String]) -> BTreeSet<String> {
        let help = self.of(path);
        let Some((_, rest)) = help.split_once("Commands:\n") else {
            return BTreeSet::new();
        };
        let lines = rest.lines().take_while(|line| !line.trim().is_empty());
        // Names stand two spaces in, what they do further in.
        let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        names
            .filter_map(|line| line.split_whitespace().next())
            .map(str::to_owned)
            .collect()
    }
}

/// The texts `countersign …` between backticks. A number at the end makes it the title of something signed.
fn named_in_passing(text: &str) -> Vec<String> {
    let pieces = text.split('`').skip(1).step_by(2);
    pieces
        .filter_map(|piece| piece.strip_prefix("countersign "))
        .filter(|piece| !piece.ends_with(" 1"))
        .map(|piece| piece.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// The places in the program that a text leads to: `user\|authenticator … list, show` is four.
fn paths_of(helps: &mut Helps, words: &[&str]) -> Result<Vec<Vec<String>>, String> {
    let mut paths = vec![vec![]];
    for word in words {
        let alternatives: Vec<_> = word
            .trim_end_matches(',')
            .split("\\|")
            .flat_map(|word| word.split('|'))
            .collect();
        let is_name = |word: &&str| word.starts_with(|first: char| first.is_ascii_lowercase());
        if !alternatives.iter().all(is_name) {
            break;
        }
        let mut further = Vec::new();
        for path in &paths {
            let below = helps.below(path);
            for name in &alternatives {
                if below.contains(*name) {
                    further.push([path.clone(), vec![(*name).to_owned()]].concat());
                } else if !below.is_empty() {
                    return Err(format!("countersign {} has no {name}", path.join(" ")));
                }
            }
        }
        if further.is_empty() {
            break;
        }
        paths = further;
    }
    Ok(paths)
}

#[test]
fn whatever_command_or_option_is_named_in_passing_exists() {
    let mut helps = Helps::default();
    let mut wrong = Vec::new();
    for document in documents() {
        let prose: Vec<_> = text(&document)
            .split("```")
            .step_by(2)
            .map(str::to_owned)
            .collect();
        for named in prose.iter().flat_map(|piece| named_in_passing(piece)) {
            let words: Vec<_> = named.split(' ').collect();
            let lists = words.iter().any(|word| word.ends_with(',') || *word == "…");
            let found = paths_of(&mut helps, if lists { &words[..1] } else { &words });
            let paths = match found {
                Ok(paths) => paths,
                Err(problem) => {
                    wrong.push(format!("{document}: `countersign {named}`: {problem}"));
                    continue;
                }
            };
            let options = words.iter().filter(|word| word.starts_with("--"));
            for option in options.filter_map(|word| word.split('=').next()) {
                if !paths.iter().any(|path| helps.of(path).contains(option)) {
                    wrong.push(format!("{document}: `countersign {named}`: no {option}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
