//! Arguments of what is about corpora of images.

use std::path::PathBuf;

use challenge::corpus::{AGREEMENT_DEFAULT, AGREEMENT_MAX};
use clap::{Args, Subcommand};

use super::{Named, TenantOption};

/// `corpus`
#[derive(Debug, Subcommand)]
pub enum CorpusCommand {
    /// Import a folder of images; a corpus of the same name is replaced at once, and what visitors said
    /// of images that are in both stays
    Import(ImportArguments),
    /// List them
    List(TenantOption),
    /// Print what is known of the images, and what visitors said of them
    Export(ExportArguments),
    /// Remove a corpus, its images and what visitors said of them
    Remove(Named),
}

/// `corpus import`
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// Folder of the images (JPEG, PNG, WebP)
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Table of the images: a header `file,class` or `file,text`, then a line an image; what is not
    /// known is left empty
    #[arg(long, value_name = "FILE")]
    pub csv: PathBuf,
    /// The tenant's name
    #[arg(long, value_name = "NAME")]
    pub tenant: String,
    /// The corpus's name, by which sites name it
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Visitors that have to agree before an image counts as known; 0: it never does
    #[arg(
        long, value_name = "N", default_value_t = AGREEMENT_DEFAULT,
        value_parser = clap::value_parser!(u32).range(..=i64::from(AGREEMENT_MAX))
    )]
    pub agreement: u32,
    /// Leave images out that cannot be read, instead of importing nothing
    #[arg(long)]
    pub skip_broken: bool,
}

/// `corpus export`
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Which corpus.
    #[command(flatten)]
    pub named: Named,
    /// In which form.
    #[command(flatten)]
    pub form: ExportForm,
}

/// The forms of an export, one of which must be said.
#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ExportForm {
    /// A line an image, for spreadsheets
    #[arg(long)]
    pub csv: bool,
    /// A JSON object an image, with every word that was said
    #[arg(long)]
    pub jsonl: bool,
}
