//! A card as it is told to whoever prints it.

use challenge::methods::card::Card;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::management::shapes::told::ToldOnce;

/// A card to be printed. **It holds the secret.**
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementCard)]
pub struct CardShown {
    /// The letters of the columns.
    pub columns: String,
    /// The characters of each row, from row 1 on.
    #[schema(value_type = Vec<String>)]
    pub rows: Vec<ToldOnce>,
}

impl CardShown {
    /// What is on a card.
    pub(in crate::management) fn of(card: &Card) -> Self {
        let row = |row| {
            let cells = (0..Card::COLS).filter_map(|col| card.cell(row, col));
            ToldOnce::from(cells.collect::<String>())
        };
        let columns = Card::LABELS.chars().take(usize::from(Card::COLS));
        Self {
            columns: columns.collect(),
            rows: (0..Card::ROWS).map(row).collect(),
        }
    }
}
