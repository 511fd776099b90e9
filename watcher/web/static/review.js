// Single keys and ranges for reviewers. Everything here can be done without it, by the links and forms of the page.
"use strict";

(() => {
  const keys = document.getElementById("keys");
  const on = document.getElementById("keys-on");
  const form = document.getElementById("decide");
  let at = ""; // the id of the selected row: rows are replaced when they are decided
  let lastTicked = null;

  // The button in an alert leads to the form, which is closed until it is asked for. Nothing is the target (`:target`) yet.
  const linked = document.getElementById(location.hash.slice(1));
  if (linked?.matches("details")) linked.open = true;

  const stored = (value) => {
    try {
      if (value !== undefined) localStorage.setItem("single-keys", value);
      return localStorage.getItem("single-keys");
    } catch {
      return null; // storage is not allowed here: keys are on, until this page is left
    }
  };
  if (on) {
    on.checked = stored() !== "off";
    on.addEventListener("change", () => stored(on.checked ? "on" : "off"));
  }

  const rows = () => [...document.querySelectorAll("#lines .entry, #lines .item")];
  const selected = () => (at ? document.getElementById(at) : null);
  const boxOf = (row) => row?.querySelector(":scope > .tick input");
  const boxes = () => [...document.querySelectorAll("#lines .tick input")];

  const select = (row, focus = true) => {
    for (const other of document.querySelectorAll("#lines .selected")) other.classList.remove("selected");
    if (!row) return;
    at = row.id;
    row.classList.add("selected");
    if (!focus) return;
    row.querySelector(".open").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const go = (step) => {
    const all = rows();
    const from = all.indexOf(selected());
    select(all[Math.min(all.length - 1, Math.max(0, from + step))]);
  };
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("#lines .item, #lines .entry");
    if (row) select(row, false);
  });

  const count = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    const all = document.getElementById("all")?.checked;
    const shown = document.getElementById("chosen-count");
    if (shown) shown.textContent = all ? "All that match" : ticked ? `${ticked} chosen` : "";
  };
  const tickRange = (box) => {
    const all = boxes();
    const [from, to] = [all.indexOf(lastTicked), all.indexOf(box)].sort((a, b) => a - b);
    if (from >= 0) for (const other of all.slice(from, to + 1)) other.checked = box.checked;
  };
  const page = document.getElementById("page-all");
  for (const label of document.querySelectorAll(".scripted")) label.hidden = false;
  form?.addEventListener("click", (event) => {
    const box = event.target.closest(".tick input");
    if (box && event.shiftKey) tickRange(box);
    if (box) lastTicked = box;
    if (box?.checked) box.closest(".item, .entry").scrollIntoView({ block: "nearest" }); // not under the bar
    if (event.target === page) for (const other of boxes()) other.checked = page.checked;
    count();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    const field = button && document.getElementById(button.dataset.copy);
    if (!field) return;
    field.select();
    // Without https there is no clipboard: the text is selected, and Ctrl+C copies it.
    const done = navigator.clipboard?.writeText(field.value) ?? Promise.reject(new Error("no clipboard"));
    done.then(
      () => (button.textContent = "Copied"),
      () => (button.textContent = "Selected: press Ctrl+C"),
    );
  });

  const target = (key) =>
    document.querySelector(`[data-key="${CSS.escape(key)}"], #decide button[value="${CSS.escape(key)}"]`);
  const choose = () => {
    if (boxes().some((box) => box.checked) || document.getElementById("all")?.checked) return true;
    const box = boxOf(selected());
    if (box) box.checked = true;
    count();
    return Boolean(box);
  };
  const press = (key) => {
    const element = target(key);
    if (!element || (element.closest(".bulk") && !choose())) return;
    if (element.matches("button, a")) element.click();
    else {
      element.closest("details")?.setAttribute("open", "");
      element.focus({ preventScroll: true }); // the bar is in sight, and the row stays there too
      element.select?.();
      (selected() ?? element).scrollIntoView({ block: "nearest" });
    }
  };
  // The table is that of the page Help: no page carries it along.
  const showKeys = async () => {
    const shown = document.getElementById("keys-table");
    if (!shown || shown.querySelector("table")) return;
    const help = new DOMParser().parseFromString(await (await fetch("/help")).text(), "text/html");
    const table = help.querySelector("table.keys");
    if (table) shown.replaceChildren(table);
  };
  const acts = {
    j: () => (rows().length ? go(1) : press("j")),
    k: () => (rows().length ? go(-1) : press("k")),
    x: () => boxOf(selected())?.click(),
    "?": () => {
      keys?.showModal();
      showKeys();
    },
  };

  const run = (key) => (acts[key] ?? (target(key) ? () => press(key) : null))?.();
  // A key that is pressed while a decision is on its way is about the next row: it waits for that.
  let deciding = false;
  let waiting = [];
  const settled = (keys) => {
    deciding = false;
    waiting = [];
    for (const key of keys) deciding ? waiting.push(key) : run(key);
  };
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb === "post") deciding = true;
  });
  // The same for the button of another row. The second click of a double click is about nothing.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !(event.detail > 1 || (deciding && button.closest("#decide, #flash")))) return;
    event.preventDefault();
    if (event.detail < 2 && button.value.includes(".")) waiting.push(button.value);
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig.verb === "post" && event.detail.xhr.status !== 200) settled([]);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || keys?.open) return;
    const field = event.target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea");
    if (field) {
      if (event.key === "Escape") field.blur();
      return;
    }
    if (event.repeat && !"jk".includes(event.key)) return; // a key that is held decides once
    const act = acts[event.key] ?? (target(event.key) ? () => press(event.key) : null);
    if (!act || (on && !on.checked && event.key !== "?")) return;
    event.preventDefault();
    if (deciding) waiting.push(event.key);
    else run(event.key);
  });

  // Enter in a note leads back to its row: the next key decides, and the note is kept with the decision.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches?.(".bulk #note")) return;
    event.preventDefault();
    event.target.blur();
    select(selected());
  });

  // What was decided in place: the next row that is left gets the focus, and ticks are taken away.
  document.body.addEventListener("decided", () => {
    for (const box of [...boxes(), page, document.getElementById("all")]) if (box) box.checked = false;
    const note = form?.querySelector("#note");
    if (note) note.value = "";
    count();
    const all = rows();
    const row = selected();
    if (row) select(all.slice(all.indexOf(row)).find((other) => !other.classList.contains("decided")) ?? row);
    settled(waiting);
  });
  const say = (words) => {
    const flash = document.getElementById("flash");
    const box = document.createElement("p");
    box.className = "flash warns";
    box.textContent = words;
    flash?.replaceChildren(box);
  };
  // Going back from the page that refuses a form shows what was written, as loading its own page again does not.
  document.body.addEventListener("htmx:responseError", ({ detail: { elt, xhr } }) => {
    if (elt.matches("form") && [401, 403].includes(xhr.status)) elt.submit();
    else say(`The server did not accept this (${xhr.status}). Load the page again, and sign in if it asks.`);
  });
  document.body.addEventListener("htmx:sendError", () => say("The server cannot be reached. Nothing was decided; try again."));
  if (new URLSearchParams(location.search).has("done")) go(1);
})();
