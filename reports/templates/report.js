"use strict";
// Sort and filter tables, hide contenders in figures, show what an entry means where one points.

const numberOf = (text) => {
  const found = text.replaceAll(",", "").replaceAll("−", "-").match(/-?\d+(\.\d+)?(e[-+]?\d+)?/);
  return found ? Number(found[0]) : NaN;
};

// Entries without a number come last, whichever way the column is sorted.
const compare = (one, other, sign) => {
  const [a, b] = [numberOf(one), numberOf(other)];
  if (Number.isNaN(a) && Number.isNaN(b)) return sign * one.localeCompare(other);
  if (Number.isNaN(a)) return 1;
  return Number.isNaN(b) ? -1 : sign * (a - b);
};

function sortable(table) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = { none: "ascending", ascending: "descending", descending: "none" };
      const order = next[head.getAttribute("aria-sort") ?? "none"];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (order !== "none") head.setAttribute("aria-sort", order);
      const sign = order === "descending" ? -1 : 1;
      const text = (row) => row.cells[column].textContent;
      const sorted = [...original].sort((a, b) => {
        if (column > 0) return compare(text(a), text(b), sign);
        return sign * text(a).localeCompare(text(b), undefined, { numeric: true });
      });
      body.append(...(order === "none" ? original : sorted));
    });
  });
}

function filterable(table) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length < 6) return;
  const box = document.createElement("input");
  box.type = "search";
  box.placeholder = "only rows with …";
  box.setAttribute("aria-label", "show only rows with these words");
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/);
    rows.forEach((row) => {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    });
  });
  table.parentElement.before(box);
}

function hideable(figure) {
  const marked = [...figure.querySelectorAll("[data-contender]")];
  const names = [...new Set(marked.map((element) => element.dataset.contender))];
  if (names.length < 2) return;
  const choices = document.createElement("div");
  choices.className = "choices";
  names.forEach((name) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => {
      const mine = marked.filter((element) => element.dataset.contender === name);
      mine.forEach((element) => { element.style.display = box.checked ? "" : "none"; });
    });
    label.append(box, ` ${name}`);
    choices.append(label);
  });
  figure.prepend(choices);
}

function pointed() {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  document.querySelectorAll("td[title]").forEach((cell) => {
    cell.dataset.hint = cell.title;
    cell.removeAttribute("title");
    cell.setAttribute("aria-description", cell.dataset.hint);
  });
  document.querySelectorAll("svg title").forEach((title) => {
    title.parentElement.dataset.hint = title.textContent;
    title.remove();
  });
  document.addEventListener("pointerover", (event) => {
    const found = event.target.closest?.("[data-hint]");
    tip.hidden = !found;
    if (!found) return;
    tip.textContent = found.dataset.hint;
    const at = found.getBoundingClientRect();
    const left = Math.min(at.left, innerWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${Math.min(at.bottom + 6, innerHeight - tip.offsetHeight - 8)}px`;
  });
}

function opened() {
  const parts = [...document.querySelectorAll("details")];
  const reveal = () => {
    const part = document.getElementById(location.hash.slice(1));
    if (part?.tagName === "DETAILS") part.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = parts.filter((part) => !part.open);
    closed.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((part) => { part.open = false; }));
}

document.querySelectorAll("table").forEach((table) => {
  sortable(table);
  filterable(table);
});
document.querySelectorAll("figure").forEach(hideable);
pointed();
opened();
