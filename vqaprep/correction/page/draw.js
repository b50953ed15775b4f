"use strict";
// Draw a box on a picture, with a pointer or with the keyboard, in pixels of the video.

const drawing = { svg: null, box: null, from: null };

function isDrawing() {
  return drawing.svg !== null;
}

function beginDrawing() {
  const video = currentVideo();
  if (!video.layouts.length) return say("there is no picture to draw on");
  stopDrawing();
  drawing.svg = document.querySelector("#strip figure.at svg");
  drawing.svg.classList.add("drawing");
  const width = Math.round(video.width_px / 5), height = Math.round(video.height_px / 4);
  drawing.box = [Math.round((video.width_px - width) / 2), Math.round((video.height_px - height) / 2), width, height];
  document.querySelector("#strip figure.at .draw").hidden = false;
  showDrawn();
}

function stopDrawing() {
  if (!drawing.svg) return;
  drawing.svg.classList.remove("drawing");
  drawing.svg.querySelector(".drawn")?.remove();
  drawing.svg.closest("figure").querySelector(".draw").hidden = true;
  drawing.svg = drawing.box = drawing.from = null;
}

function showDrawn() {
  drawing.svg.querySelector(".drawn")?.remove();
  drawing.svg.append(rect(drawing.box, "drawn"));
}

function takeDrawn(keep) {
  const figure = drawing.svg.closest("figure");
  const [start, end] = ["start", "end"].map((name) => figure.querySelector("input." + name).value.trim());
  const span = [start === "" ? null : Number(start), end === "" ? null : Number(end)];
  if (span.some((value) => Number.isNaN(value) || value < 0) || (span[1] !== null && span[1] <= (span[0] ?? 0))) {
    return say("the end must be after the start; both are seconds from the first frame, or empty");
  }
  const box = drawing.box;
  stopDrawing();
  choose({ box, start_s: span[0], end_s: span[1], keep });
}

function drawingKey(event) {
  const step = Math.max(1, Math.round(currentVideo().width_px / 80));
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (event.key === "Escape") stopDrawing();
  else if (event.key === "Enter") takeDrawn(true);
  else if (moves[event.key]) {
    const at = event.shiftKey ? 2 : 0;
    drawing.box[at] += moves[event.key][0];
    drawing.box[at + 1] += moves[event.key][1];
    drawing.box = inside(drawing.box);
    showDrawn();
  } else return false;
  return true;
}

function inside([x, y, w, h]) {
  const video = currentVideo();
  w = Math.min(Math.max(w, 8), video.width_px);
  h = Math.min(Math.max(h, 8), video.height_px);
  return [Math.min(Math.max(x, 0), video.width_px - w), Math.min(Math.max(y, 0), video.height_px - h), w, h];
}

function place(event) {
  const frame = drawing.svg.getBoundingClientRect(), video = currentVideo();
  const x = ((event.clientX - frame.left) / frame.width) * video.width_px;
  const y = ((event.clientY - frame.top) / frame.height) * video.height_px;
  return [Math.round(x), Math.round(y)];
}

function pointerDown(event) {
  if (drawing.svg !== event.currentTarget) return;
  event.preventDefault();
  drawing.svg.setPointerCapture(event.pointerId);
  drawing.from = place(event);
}

function pointerMove(event) {
  if (!drawing.from || drawing.svg !== event.currentTarget) return;
  const to = place(event), from = drawing.from;
  const size = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
  drawing.box = inside([Math.min(from[0], to[0]), Math.min(from[1], to[1]), ...size]);
  showDrawn();
}

function pointerUp() {
  drawing.from = null;
}
