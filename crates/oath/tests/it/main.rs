//! The tests of the public interface: the RFCs' vectors, the behaviours, and properties.

mod keys_and_codes;
mod ocra_input;
mod ocra_suite;
mod otpauth;
mod otpauth_ocra;
mod properties;
mod vectors;
mod windows;
