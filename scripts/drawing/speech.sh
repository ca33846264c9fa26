#!/usr/bin/env bash
# Makes the recordings in crates/server/data/drawing/speech: each character of a code in each language, by two
# voices of espeak-ng. Needs Debian's espeak-ng and sox. Other voices, or people's, can take their place: a file
# is mono, 16 bits, 8,000 samples a second, without silence at its ends, and as loud as the others.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
to=$PWD/crates/server/data/drawing/speech
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is read out where espeak-ng does not say a character's whole name.
name_of() {
    case $1-$2 in
        es-y) echo 'i griega' ;;
        es-w) echo 'uve doble' ;;
        *) echo "$2" ;;
    esac
}

# record LANGUAGE VOICE FOLDER
record() {
    local folder=$to/$1/$3 character
    mkdir -p "$folder"
    for character in 3 4 7 9 h j l u w x y; do
        espeak-ng -v "$2" -s 150 -w "$work/spoken.wav" "$(name_of "$1" "$character")"
        # Twice: silence is cut off at the beginning, then the end is made the beginning.
        sox --no-dither "$work/spoken.wav" -r 8000 -c 1 -b 16 "$folder/$character.wav" \
            gain -9 highpass 120 treble 7 2500 silence 1 0.003 0.3% reverse silence 1 0.003 0.3% reverse norm -3
    done
}
record en en-gb+m3 1
record en en-us+f2 2
record fr fr+m3 1
record fr fr+f2 2
record de de+m3 1
record de de+f2 2
record es es+m3 1
record es es+f2 2
du --apparent-size -sh "$to"
