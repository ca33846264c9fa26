//! Everything of the binary `countersign`, as a library so that tests and benchmarks can use it.
//!
//! Start reading at [`cli`]: it reads the settings and hands over to [`operator`] or [`serving`].

pub mod app;
pub mod cli;
pub mod config;
pub mod console;
pub mod device;
pub mod drawing;
pub mod operator;
pub mod serving;
pub mod system;
pub mod workers;
