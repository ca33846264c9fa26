//! The fonts that are part of the program; `data/drawing/fonts/README.md` says whose they are.

/// Upright letters, of the characters of codes alone.
pub(super) const PRINTED: [&[u8]; 3] = [
    include_bytes!("../../data/drawing/fonts/code-slab.ttf"),
    include_bytes!("../../data/drawing/fonts/code-sans.ttf"),
    include_bytes!("../../data/drawing/fonts/code-school.ttf"),
];
