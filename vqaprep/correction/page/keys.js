"use strict";
// What keys and buttons do.

function refresh() {
  showVideo();
  showList();
}

function goTo(index) {
  if (index < 0 || index >= VIDEOS.length) return;
  state.video = index;
  state.layout = 0;
  remember();
  refresh();
}

function step(by) {
  const shown = wanted(), here = shown.indexOf(state.video);
  if (shown.length) goTo(here < 0 ? shown[0] : shown[Math.min(Math.max(here + by, 0), shown.length - 1)]);
}

function nextOpen() {
  const order = [...VIDEOS.keys()].map((i) => (state.video + 1 + i) % VIDEOS.length);
  const found = order.find((i) => isOpen(VIDEOS[i]));
  if (found === undefined) say("every dropped video has a decision; save overrides.csv");
  else goTo(found);
}

function at(number) {
  const layouts = currentVideo().layouts;
  if (isDrawing() || number < 0 || number >= layouts.length) return;
  state.layout = number;
  document.querySelectorAll("#strip figure").forEach((figure, i) => figure.classList.toggle("at", i === number));
  $("#strip figure.at").scrollIntoView({ block: "nearest" });
}

// Take a decision about the stretch that is shown, and go on to the next stretch.
function choose(row) {
  decide(currentVideo(), row);
  writeFile();
  const next = Math.min(state.layout + 1, Math.max(currentVideo().layouts.length - 1, 0));
  refresh();
  if (row.keep) at(next);
}

function pick(layout, seat, keep) {
  state.layout = currentVideo().layouts.indexOf(layout);
  choose({ box: seat.place, start_s: layout.start_s, end_s: layout.end_s, keep });
}

function leaveOut(layout) {
  choose({ box: null, start_s: layout.start_s, end_s: layout.end_s, keep: false });
}

function skip() {
  choose({ box: null, start_s: null, end_s: null, keep: false });
}

const KEYS = {
  j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
  l: () => at(state.layout + 1), ArrowRight: () => at(state.layout + 1),
  h: () => at(state.layout - 1), ArrowLeft: () => at(state.layout - 1),
  b: beginDrawing, x: () => currentLayout() && leaveOut(currentLayout()), s: skip, n: nextOpen, w: save,
  u: () => { undo(currentVideo()); writeFile(); refresh(); }, "?": () => $("#help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("#help").open || !VIDEOS.length) return;
  const isField = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (isDrawing() && (!isField || ["Enter", "Escape"].includes(event.key))) {
    if (drawingKey(event)) event.preventDefault();
    return;
  }
  if (isField) return;
  const digit = /^Digit([1-9])$/.exec(event.code) || /^Numpad([1-9])$/.exec(event.code);
  if (digit) {
    const seat = currentLayout()?.seats[Number(digit[1]) - 1];
    if (seat) pick(currentLayout(), seat, !event.shiftKey);
    else say("there is no face " + digit[1]);
  } else if (KEYS[event.key]) KEYS[event.key]();
  else return;
  event.preventDefault();
});

function begin() {
  load();
  const acts = {
    save, "keep-saving": keepSaving, "help-open": KEYS["?"], previous: KEYS.k, next: KEYS.j, "next-open": nextOpen,
    skip, undo: KEYS.u,
  };
  for (const [id, act] of Object.entries(acts)) document.getElementById(id).addEventListener("click", act);
  $("#keep-saving").hidden = !window.showSaveFilePicker;
  $("#by-label").hidden = REVIEW.is_hidden;
  $("#by").value = state.by;
  $("#by").addEventListener("input", () => { state.by = $("#by").value.trim(); remember(); });
  for (const id of ["filter", "find"]) document.getElementById(id).addEventListener("input", showList);
  if (VIDEOS.length) refresh();
  else say("there is no video to review");
}

begin();
