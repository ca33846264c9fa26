// Lets the arrow keys go through the grid's cells. Without it the grid is a table like any other.

const table = document.getElementById('grid');
if (table) walk(/** @type {HTMLTableElement} */ (table));

/** @param {HTMLTableElement} grid */
function walk(grid) {
  const rows = [...grid.tBodies[0].rows].map((row) => [...row.cells].filter((cell) => cell.tagName === 'TD'));
  grid.setAttribute('role', 'grid');
  grid.setAttribute('aria-readonly', 'true');
  for (const cell of rows.flat()) cell.tabIndex = -1;
  rows[0][0].tabIndex = 0;
  // The frame around it scrolls with the focus now, so it needs no place of its own among the tabs.
  grid.parentElement?.removeAttribute('tabindex');
  const keys = document.getElementById('keys');
  if (keys) keys.hidden = false;

  /** @param {number} row @param {number} col */
  const go = (row, col) => {
    const height = rows.length;
    const width = rows[0].length;
    const cell = rows[(row + height) % height][(col + width) % width];
    for (const other of grid.querySelectorAll('td[tabindex="0"]')) /** @type {HTMLElement} */ (other).tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
  };

  grid.addEventListener('keydown', (event) => {
    const row = rows.findIndex((cells) => cells.includes(/** @type {HTMLTableCellElement} */ (event.target)));
    if (row < 0 || event.altKey || event.metaKey || event.shiftKey) return;
    const col = rows[row].indexOf(/** @type {HTMLTableCellElement} */ (event.target));
    const last = [rows.length - 1, rows[0].length - 1];
    /** @type {Record<string, [number, number]>} */
    const steps = event.ctrlKey
      ? { Home: [0, 0], End: [last[0], last[1]] }
      : {
        ArrowUp: [row - 1, col], ArrowDown: [row + 1, col], ArrowLeft: [row, col - 1], ArrowRight: [row, col + 1],
        Home: [row, 0], End: [row, last[1]],
      };
    const to = steps[event.key];
    if (!to) return;
    event.preventDefault();
    go(...to);
  });
}
