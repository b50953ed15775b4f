"use strict";
// What is shown: the list, one video, its strip of stretches. Texts are set as text, never as markup.

const $ = (selector) => document.querySelector(selector);

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function button(text, title, act) {
  const element = make("button", "", text);
  element.title = title;
  element.addEventListener("click", act);
  return element;
}

function rect(box, className) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  ["x", "y", "width", "height"].forEach((name, i) => element.setAttribute(name, box[i]));
  element.setAttribute("class", className);
  return element;
}

function label(text, x, y, size) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "text");
  element.setAttribute("x", x);
  element.setAttribute("y", y);
  element.setAttribute("font-size", size);
  element.textContent = text;
  return element;
}

let sayTimer = 0;
function say(text) {
  $("#progress").textContent = text;
  clearTimeout(sayTimer);
  sayTimer = setTimeout(showProgress, 4000);
}

function showProgress() {
  const dropped = VIDEOS.filter(isDropped), open = dropped.filter(isOpen).length;
  $("#progress").textContent = `${VIDEOS.length} videos, ${dropped.length} dropped, ${open} of them without a decision`;
}

function wanted() {
  const filter = $("#filter").value, text = $("#find").value.trim().toLowerCase();
  const tests = { all: () => true, dropped: isDropped, open: isOpen, decided: (video) => rowsOf(video).length > 0 };
  return VIDEOS.map((video, i) => i).filter(
    (i) => tests[filter](VIDEOS[i]) && VIDEOS[i].name.toLowerCase().includes(text));
}

function showList() {
  $("#videos").replaceChildren(...wanted().map((i) => {
    const video = VIDEOS[i], item = make("li"), entry = make("button", "", video.name);
    entry.append(make("small", isOpen(video) ? "bad" : "", statusOf(video)));
    if (i === state.video) entry.setAttribute("aria-current", "true");
    entry.addEventListener("click", () => goTo(i));
    item.append(entry);
    return item;
  }));
  $("#videos [aria-current]")?.scrollIntoView({ block: "nearest" });
  showProgress();
}

function statusOf(video) {
  const rows = rowsOf(video);
  if (rows.some(isSkip)) return "skipped by you";
  if (rows.length) return `${rows.length} decision${rows.length > 1 ? "s" : ""} by you`;
  return video.problem || video.reason || `found by ${video.rule}`;
}

function showVideo() {
  stopDrawing();
  const video = currentVideo();
  $("#name").textContent = video.name;
  const found = video.reason ? `dropped: ${video.reason}. ${video.detail}` : `found by ${video.rule} (${video.decided_by})`;
  $("#verdict").textContent = video.problem ? `cannot be shown: ${video.problem}` : found;
  $("#rows").replaceChildren(...rowsOf(video).map((row, i) => {
    const item = make("li", "", sentence(row));
    item.append(button("remove", "take this decision back", () => { removeRow(video, i); refresh(); }));
    return item;
  }));
  const figures = video.layouts.map((layout, i) => figure(video, layout, i));
  const more = video.num_left_out ? [make("p", "", `${video.num_left_out} shorter stretches are not shown`)] : [];
  $("#strip").replaceChildren(...figures, ...more);
  $("#undo").disabled = rowsOf(video).length === 0;
}

function sentence(row) {
  if (isSkip(row)) return "the video is skipped";
  const when = row.start_s === null && row.end_s === null ? "in the whole video"
    : `from ${row.start_s ?? 0} s to ${row.end_s === null ? "the end" : row.end_s + " s"}`;
  if (!row.keep && !row.box) return `left out ${when}`;
  const who = row.box ? `the face at ${row.box.join(" ")}` : `the face by rule ${row.rule}`;
  return `${who} is ${row.keep ? "" : "not "}the participant ${when}`;
}

function figure(video, layout, number) {
  const element = make("figure", number === state.layout ? "at" : "");
  element.addEventListener("pointerdown", () => at(number), true);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${video.width_px} ${video.height_px}`);
  layout.tiles.forEach((tile) => svg.append(tileMark(layout, tile)));
  layout.readings.forEach((reading) => svg.append(rect(reading.box, "reading")));
  layout.seats.forEach((seat, i) => svg.append(...seatMarks(video, layout, seat, i)));
  for (const [name, act] of [["pointerdown", pointerDown], ["pointermove", pointerMove], ["pointerup", pointerUp]]) {
    svg.addEventListener(name, act);
  }
  const picture = make("img");
  Object.assign(picture, { src: layout.picture, loading: "lazy", alt: `picture at ${layout.t_s} s`, width: video.width_px, height: video.height_px });
  const shown = make("div", "picture");
  shown.append(picture, svg);
  element.append(shown, caption(layout, number, video.layouts.length), buttons(layout), drawTools(layout));
  return element;
}

// A click on a tile means the face in it; a tile without a face is taken as it is.
function tileMark(layout, tile) {
  const mark = rect(tile, "tile"), holds = ([x, y, w, h]) => {
    const [across, down] = [x + w / 2 - tile[0], y + h / 2 - tile[1]];
    return across >= 0 && down >= 0 && across <= tile[2] && down <= tile[3];
  };
  mark.addEventListener("click", () => {
    if (isDrawing()) return;
    const seats = layout.seats.filter((seat) => holds(seat.face));
    if (seats.length === 1) pick(layout, seats[0], true);
    else if (seats.length) say("more than one face is in this tile; click the face");
    else say("no face was found in this tile; draw a box around it");
  });
  return mark;
}

function seatMarks(video, layout, seat, i) {
  const isMine = (keep) => rowsOf(video).some((row) => row.keep === keep && row.box && String(row.box) === String(seat.place) && row.start_s === layout.start_s);
  const kind = isMine(true) ? " yes" : isMine(false) ? " no" : seat.is_chosen ? " chosen" : "";
  const mark = rect(seat.face, "seat" + kind);
  mark.addEventListener("click", () => isDrawing() || pick(layout, seat, true));
  const size = video.height_px / 16;
  return [mark, label(String(i + 1), seat.face[0], Math.max(size, seat.face[1] - size / 5), size)];
}

function caption(layout, number, num) {
  const when = layout.start_s === null ? "the whole video" : `${layout.start_s} to ${layout.end_s} s`;
  const texts = layout.readings.map((reading) => `“${reading.text}”`).join(" ");
  return make("figcaption", "", `${number + 1} of ${num}: ${when}${texts ? "; read: " + texts : ""}`);
}

function buttons(layout) {
  const row = make("div", "steps");
  layout.seats.forEach((seat, i) => {
    row.append(button(`${i + 1} is it`, `key ${i + 1}`, () => pick(layout, seat, true)));
    row.append(button(`${i + 1} is not`, `key Shift+${i + 1}`, () => pick(layout, seat, false)));
  });
  row.append(button("draw a box", "key b", () => beginDrawing()));
  row.append(button("leave out", "key x", () => leaveOut(layout)));
  return row;
}

function drawTools(layout) {
  const row = make("div", "steps draw");
  row.hidden = true;
  for (const [name, value] of [["start", layout.start_s], ["end", layout.end_s]]) {
    const field = make("input", name), text = make("label", "", `${name} s `);
    Object.assign(field, { inputMode: "decimal", size: 7, value: value ?? "" });
    text.append(field);
    row.append(text);
  }
  row.append(button("the participant is here", "key Enter", () => takeDrawn(true)));
  row.append(button("not the participant", "", () => takeDrawn(false)), button("cancel", "key Esc", stopDrawing));
  return row;
}
