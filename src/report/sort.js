// Tables sort by a click on a heading: first descending where the column holds numbers, then the other way round.
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  heads.forEach((head, column) => {
    const button = document.createElement('button'), isNumber = head.classList.contains('n');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const was = head.getAttribute('aria-sort');
      const down = was === null ? isNumber : was === 'ascending';
      const key = (row) => {
        const cell = row.cells[column];
        return isNumber ? parseFloat(cell.dataset.v ?? cell.textContent) : cell.textContent;
      };
      const rows = [...body.rows].map((row) => [key(row), row]);
      rows.sort(([a], [b]) => {
        if (a !== a || b !== b) return (a !== a) - (b !== b);
        const order = isNumber ? a - b : a.localeCompare(b);
        return down ? -order : order;
      });
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      body.append(...rows.map(([, row]) => row));
    });
  });
}
