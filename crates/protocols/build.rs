//! Has this crate built anew when a file of the authenticator app changes, comes or goes: the
//! macro that embeds the folder cannot say so itself.

fn main() {
    println!("cargo::rerun-if-changed=../../web/authenticator");
    println!("cargo::rerun-if-changed=build.rs");
}
