#!/usr/bin/env bash
# How many drawn codes Debian's tesseract reads, by page segmentation mode and preparation of the picture:
#   scripts/drawing/tesseract.sh [N]         N codes drawn for it, 500 unless said otherwise; some twenty minutes
#   scripts/drawing/tesseract.sh FOLDER      those in a folder, with their codes.csv, as the example `drawings` writes
# Needs Debian's tesseract-ocr, tesseract-ocr-eng and imagemagick. tesseract is told the alphabet and how many lines
# there are: what somebody who wants to read many of these codes would do in an afternoon without training anything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
codes=${1:-500}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ ! -d $codes ]]; then
    cargo run --quiet -p countersign --example drawings -- codes "$codes" "$work/codes"
    codes=$work/codes
fi
count=$(($(wc -l <"$codes/codes.csv") - 1))
export codes work

# The same code printed plainly, which shows that what can be read is counted; each picture as it is; smoothed and
# enlarged; then with a threshold that follows the paper's lightness; then with the thin lines rubbed out.
prepare() {
    local name=$1 code=$2 from=$codes/$1.png
    convert -size 400x140 -background white -fill black -gravity center -pointsize 72 \
        -font crates/server/data/drawing/fonts/code-slab.ttf "label:${code^^}" "$work/$name-printed.png"
    convert "$from" -colorspace gray -write "$work/$name-plain.png" \
        -blur 0x1.2 -resize 200% -write "$work/$name-smooth.png" \
        -negate -lat '90x90+6%' -negate -write "$work/$name-local.png" \
        -morphology Close Disk:3 "$work/$name-cleaned.png"
}
export -f prepare
cut -d, -f1 "$codes/codes.csv" | tail -n +2 | sed 's/\.png$//' >"$work/names"
cut -d, -f2 "$codes/codes.csv" | tail -n +2 >"$work/codes.txt"
paste -d ' ' "$work/names" "$work/codes.txt" | xargs -P "$(nproc)" -L 1 bash -c 'prepare "$0" "$1"'

# read_all PREPARATION MODE: a line a picture, 1 where it was read rightly. tesseract ends each with a form feed.
read_all() {
    sed "s|.*|$work/&-$1.png|" "$work/names" >"$work/list-$1-$2"
    OMP_THREAD_LIMIT=1 tesseract "$work/list-$1-$2" - --psm "$2" -c load_system_dawg=0 -c load_freq_dawg=0 \
        -c tessedit_char_whitelist=3479HJLUWXYhjluwxy 2>/dev/null |
        tr -d ' \t\n' | tr '\f' '\n' | tr '[:upper:]' '[:lower:]' |
        paste -d ' ' - "$work/codes.txt" | awk '{ print ($1 == $2) ? 1 : 0 }' >"$work/read-$1-$2"
}
export -f read_all
printf '%s\n' {printed,plain,smooth,local,cleaned}' '{6,7,8,13} | xargs -P "$(nproc)" -L 1 bash -c 'read_all "$0" "$1"'

tesseract --version 2>&1 | head -n 1
echo "preparation  mode  read of $count"
for way in printed plain smooth local cleaned; do
    for mode in 6 7 8 13; do
        printf '%-11s  %4s  %s\n' "$way" "$mode" "$(grep -c 1 "$work/read-$way-$mode" || true)"
    done
done
echo "drawn ones, by any of these: $(paste "$work"/read-{plain,smooth,local,cleaned}-* | grep -c 1 || true)"
