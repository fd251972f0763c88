// What a page does better with a script; everything works without.
"use strict";

// A form that was sent is not sent again by a second tap.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => { delete form.dataset.sent; }, 4000);
});

// Copy: <button data-copy="text" data-copied="Copied">
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.querySelector("[data-label]") || button;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    setTimeout(() => { label.textContent = before; }, 2000);
  } catch {
    const field = document.getElementById(button.dataset.field || "");
    if (field) field.select();
  }
});

// Share by the system's own sheet, where there is one: <button data-share="url" data-title="…" hidden>
if (navigator.share) {
  for (const button of document.querySelectorAll("[data-share]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.share({ title: button.dataset.title, url: button.dataset.share }).catch(() => {});
    });
  }
}

// Choosing all rows of a table: <input type=checkbox data-all="name">
for (const all of document.querySelectorAll("[data-all]")) {
  all.addEventListener("change", () => {
    for (const one of document.querySelectorAll(`input[name="${all.dataset.all}"]:not([disabled])`)) one.checked = all.checked;
  });
}

// What is chosen of a table, as it is ticked: <p data-ticked="name" data-digits="2" hidden> with its parts
// [data-some], [data-count], [data-sum] and [data-none]; each tick bears data-minor. What stands beside it
// without scripts, [data-unticked], gives way.
for (const told of document.querySelectorAll("[data-ticked]")) {
  const form = told.closest("form");
  const digits = Number(told.dataset.digits);
  const written = (number, places) =>
    new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: places, maximumFractionDigits: places }).format(number);
  const tell = () => {
    const ticked = [...form.querySelectorAll(`input[name="${told.dataset.ticked}"]:checked`)];
    const sum = ticked.reduce((all, one) => all + Number(one.dataset.minor), 0);
    told.querySelector("[data-count]").textContent = written(ticked.length, 0);
    told.querySelector("[data-sum]").textContent = written(sum / 10 ** digits, digits);
    told.querySelector("[data-some]").hidden = !ticked.length;
    told.querySelector("[data-none]").hidden = ticked.length > 0;
  };
  form.addEventListener("change", tell);
  window.addEventListener("pageshow", tell); // a browser that goes back ticks again what was ticked
  told.hidden = false;
  form.querySelector("[data-unticked]").hidden = true;
  tell();
}

// A key leads to a field: <input data-key="/">
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const field = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});

// Tables by keyboard: j and k walk the rows.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!["j", "k"].includes(event.key) || event.target.matches("input, textarea, select")) return;
  const rows = [...document.querySelectorAll(".console-table tbody a, .console-table tbody input")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
});
