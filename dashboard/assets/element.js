// Elements are made from names, attributes and children; text is always text, so that no name of a column or worker is
// ever read as markup.

const svgNames = new Set(["svg", "path", "line", "rect", "circle", "text", "g", "title"]);

export function element(name, attributes = {}, ...children) {
  const made = svgNames.has(name) ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((c) => c !== null && c !== undefined));
  return made;
}

// put replaces what is in an element.
export function put(parent, ...children) {
  parent.replaceChildren(...children.filter((c) => c !== null && c !== undefined));
}

// say writes text where it differs, so that nothing is laid out, or read aloud, again without need.
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// table makes a table with a caption. Each column is {head, number}, each cell a text or an element.
export function table(caption, columns, rows) {
  const kind = (c) => (c.number ? { class: "n" } : {});
  return element("table", {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...columns.map((c) => element("th", { scope: "col", ...kind(c) }, c.head)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell, i) =>
      i === 0 ? element("th", { scope: "row", ...kind(columns[i]) }, cell) : element("td", kind(columns[i]), cell))))));
}

export function empty(text) {
  return element("p", { class: "empty" }, text);
}
