//! The word that somebody probably meant.

/// The known word nearest to what was written, however far: there is always one to look up.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let similarity = |word: &str| strsim::jaro_winkler(word, written);
    known
        .into_iter()
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)))
}

#[test]
fn the_nearest_word_is_found() {
    let known = ["secret", "grants", "token_s", "user_token_s"];
    for (written, meant) in [
        ("secert", "secret"),
        ("grant", "grants"),
        ("tokens", "token_s"),
    ] {
        assert_eq!(nearest(written, known), Some(meant));
    }
    assert_eq!(nearest("x", []), None);
}
