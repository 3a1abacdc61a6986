// Rows of a CSV file, as RFC 4180 has them.

export function parse(text) {
  const rows = [];
  let row = [], cell = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') { cell += '"'; i++; } else quoted = false;
    } else if (c === '"' && cell === "") quoted = true;
    else if (c === ",") { row.push(cell); cell = ""; } else if (c === "\n" || c === "\r") {
      if (c === "\r" && text[i + 1] === "\n") i++;
      row.push(cell);
      if (row.length > 1 || cell !== "") rows.push(row);
      row = []; cell = "";
    } else cell += c;
  }
  if (quoted) throw new Error("The file ends within quotes.");
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  if (rows.length > 0) rows[0][0] = rows[0][0].replace(/^\uFEFF/, "");
  return rows;
}

// typed is a cell as the master takes it: a number, a text, or null where it is empty.
export function typed(text) {
  const plain = text.trim();
  if (plain === "") return null;
  const number = Number(plain);
  return Number.isFinite(number) && /^[-+.\d]/.test(plain) && !/^[-+]?0[xob]/i.test(plain) ? number : plain;
}
