[...document.querySelectorAll("button, input, select, textarea, a, canvas, svg[role=img], progress, section, nav, table")].filter((e) => {
  const by = (e.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("");
  const text = by || e.getAttribute("aria-label") || [...(e.labels ?? [])].map((l) => l.textContent).join("") || (["BUTTON", "A"].includes(e.tagName) ? e.textContent : "") ||
    e.querySelector(":scope > caption")?.textContent || "";
  return text.trim() === "" && e.checkVisibility();
}).map((e) => e.outerHTML.slice(0, 120))
