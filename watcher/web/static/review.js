// Single keys for reviewers. Everything here can be done without it, by the links and forms of the page.
"use strict";

(() => {
  const lines = [...document.querySelectorAll("#lines .entry")];
  const keys = document.getElementById("keys");
  const on = document.getElementById("keys-on");
  let at = -1;

  // The button in an alert leads to the form, which is closed until it is asked for.
  document.querySelector("details:target")?.setAttribute("open", "");

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

  const go = (step) => {
    if (!lines.length) return;
    const next = Math.min(lines.length - 1, Math.max(0, at + step));
    lines[at]?.classList.remove("selected");
    at = next;
    lines[at].classList.add("selected");
    lines[at].querySelector(".open").focus({ preventScroll: true });
    lines[at].scrollIntoView({ block: "nearest" });
  };
  lines.forEach((line, number) =>
    line.addEventListener("focusin", () => {
      lines[at]?.classList.remove("selected");
      at = number;
      line.classList.add("selected");
    }),
  );
  const boxes = () => lines.map((line) => line.querySelector("input[type=checkbox]")).filter(Boolean);
  const chosen = () => {
    const ticked = boxes().some((box) => box.checked);
    if (!ticked && at >= 0 && boxes()[at]) boxes()[at].checked = true;
    return ticked || at >= 0;
  };
  const target = (key) => document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const needsChoice = (element) => element.closest("#decide") !== null;

  const press = (key) => {
    const element = target(key);
    if (!element || (needsChoice(element) && !chosen())) return;
    if (element.matches("button, a")) element.click();
    else {
      element.closest("details")?.setAttribute("open", "");
      element.focus();
      element.select?.();
    }
  };
  const acts = {
    j: () => (lines.length ? go(1) : press("j")),
    k: () => (lines.length ? go(-1) : press("k")),
    x: () => boxes()[at]?.click(),
    a: () => press("a"),
    d: () => press("d"),
    u: () => press("u"),
    "/": () => press("/"),
    "?": () => keys?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || keys?.open) return;
    const field = event.target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea");
    if (field) {
      if (event.key === "Escape") field.blur();
      // A reason that is chosen is a decision: Enter sends it.
      if (event.key === "Enter" && field.matches("select[data-key=d]") && field.value) {
        event.preventDefault();
        field.parentElement.querySelector("button").click();
      }
      return;
    }
    if (!acts[event.key] || (on && !on.checked && event.key !== "?")) return;
    event.preventDefault();
    acts[event.key]();
  });

  // Enter in a field presses the button beside it, not the first one of the form.
  for (const field of document.querySelectorAll(".pairing input")) {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      field.parentElement.querySelector("button").click();
    });
  }
  if (new URLSearchParams(location.search).has("done")) go(1);
})();
