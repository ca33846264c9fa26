#!/usr/bin/env bash
# How many drawn codes Debian's tesseract reads, by page segmentation mode and preparation of the picture:
#   scripts/drawing/tesseract.sh [CODES]     500 of them unless said otherwise; some ten minutes on two cores
# Needs Debian's tesseract-ocr, tesseract-ocr-eng and imagemagick. tesseract is told the alphabet and how many lines
# there are: what somebody who wants to read many of these codes would do in an afternoon without training anything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
count=${1:-500}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export work OMP_THREAD_LIMIT=1

cargo run --quiet --release -p countersign --example drawings -- codes "$count" "$work/codes"

# Each picture as it is; smoothed and enlarged; with a threshold that follows the paper's lightness, and the
# thin lines rubbed out; and that eroded further.
prepare() {
    local name=$1 from=$work/codes/$1.png
    convert "$from" -colorspace gray "$work/$name-plain.png"
    convert "$from" -colorspace gray -blur 0x1.2 -resize 200% "$work/$name-smooth.png"
    convert "$from" -colorspace gray -blur 0x1.2 -resize 200% -negate -lat '90x90+6%' -negate \
        "$work/$name-local.png"
    convert "$work/$name-local.png" -statistic median 9x9 "$work/$name-cleaned.png"
}
read_one() {
    local name=$1 code=$2 way mode text
    prepare "$name"
    for way in plain smooth local cleaned; do
        for mode in 6 7 8 13; do
            text=$(tesseract "$work/$name-$way.png" - --psm "$mode" -c load_system_dawg=0 -c load_freq_dawg=0 \
                -c tessedit_char_whitelist=3479HJLUWXYhjluwxy 2>/dev/null | tr -d '[:space:]' | tr '[:upper:]' '[:lower:]')
            [[ $text == "$code" ]] && echo "$way $mode $name right" || echo "$way $mode $name wrong"
        done
        rm "$work/$name-$way.png"
    done
}
export -f prepare read_one

tail -n +2 "$work/codes/codes.csv" | sed 's/\.png,/ /' |
    xargs -P "$(nproc)" -L 1 bash -c 'read_one "$0" "$1"' >"$work/results"

tesseract --version 2>&1 | head -n 1
echo "preparation  mode  read of $count"
for way in plain smooth local cleaned; do
    for mode in 6 7 8 13; do
        printf '%-11s  %4s  %s\n' "$way" "$mode" "$(grep -c "^$way $mode .* right$" "$work/results" || true)"
    done
done
echo "by any of these: $(awk '$4 == "right" { print $3 }' "$work/results" | sort -u | wc -l)"
