#!/usr/bin/env bash
# Makes the fonts in crates/server/data/drawing/fonts: takes them from the npm packages of Fontsource, at pinned
# versions, and keeps the characters alone that are drawn. Needs npm and python3 with its venv module.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
to=$PWD/crates/server/data/drawing/fonts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm install --prefix "$work" --no-audit --no-fund --silent \
    @fontsource/roboto-slab@5.3.0 @fontsource/roboto@5.3.0 @fontsource/schoolbell@5.3.0 \
    @fontsource/homemade-apple@5.3.0 @fontsource/satisfy@5.3.0
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check fonttools==4.60.1 brotli==1.1.0

# subset PACKAGE WEIGHT NAME UNICODES
subset() {
    "$work/venv/bin/pyftsubset" "$work/node_modules/@fontsource/$1/files/$1-latin-$2-normal.woff2" \
        --output-file="$to/$3.ttf" --unicodes="$4" --no-hinting --desubroutinize \
        --layout-features=kern --name-IDs='0,1,2,13,14'
}
code='U+0033-0039,U+0041-005A'
hand='U+0020,U+0041-005A,U+0061-007A'
subset roboto-slab 700 code-slab "$code"
subset roboto 600 code-sans "$code"
subset schoolbell 400 code-school "$code"
subset homemade-apple 400 hand-apple "$hand"
subset satisfy 400 hand-satisfy "$hand"
cp "$work/node_modules/@fontsource/roboto-slab/LICENSE" "$to/APACHE-2.0.txt"
cp "$work/node_modules/@fontsource/roboto/LICENSE" "$to/OFL-1.1.txt"
