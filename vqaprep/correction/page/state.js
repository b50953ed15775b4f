"use strict";
// What was decided: by video, rows of the table. Kept in this browser after every change.

const STORE = "vqaprep-review-" + REVIEW.id;
const VIDEOS = REVIEW.videos;

const state = { video: 0, layout: 0, by: "", decisions: {} };

function load() {
  for (const video of VIDEOS) state.decisions[video.id] = video.decisions.slice();
  try {
    const kept = JSON.parse(localStorage.getItem(STORE) || "null");
    if (kept) {
      Object.assign(state.decisions, kept.decisions);
      state.by = kept.by || "";
      state.video = Math.max(0, VIDEOS.findIndex((video) => video.id === kept.at));
    }
  } catch (error) {
    console.warn("what this browser had kept cannot be read", error);
  }
}

function remember() {
  const kept = { decisions: state.decisions, by: state.by, at: VIDEOS.length ? VIDEOS[state.video].id : null };
  try {
    localStorage.setItem(STORE, JSON.stringify(kept));
  } catch (error) {
    say("this browser keeps nothing; save overrides.csv before you close the page");
  }
}

function currentVideo() {
  return VIDEOS[state.video];
}

function currentLayout() {
  return currentVideo().layouts[state.layout];
}

function rowsOf(video) {
  return state.decisions[video.id] || [];
}

function isChoice(row) {
  return row.keep;
}

function isSkip(row) {
  return !row.keep && !row.box && row.start_s === null && row.end_s === null;
}

// Add a row. Two rows may not both say who it is at one time, and a skipped video has no other row.
function decide(video, row) {
  let rows = rowsOf(video).filter((other) => !isSkip(other));
  if (isSkip(row)) rows = [];
  rows = rows.filter((other) => !isSame(other, row));
  if (isChoice(row)) rows = rows.filter((other) => !(isChoice(other) && overlap(other, row)));
  if (!row.keep && row.box) rows = rows.filter((other) => !(isChoice(other) && other.box && isSame(other, { ...row, keep: true })));
  state.decisions[video.id] = [...rows, { rule: "", by: state.by, ...row }];
  remember();
}

function undo(video) {
  state.decisions[video.id] = rowsOf(video).slice(0, -1);
  remember();
}

function removeRow(video, index) {
  state.decisions[video.id] = rowsOf(video).filter((_, i) => i !== index);
  remember();
}

function isSame(one, other) {
  const key = (row) => JSON.stringify([row.box, row.start_s, row.end_s, row.keep, row.rule || ""]);
  return key(one) === key(other);
}

function overlap(one, other) {
  const start = Math.max(one.start_s ?? 0, other.start_s ?? 0);
  return start < Math.min(one.end_s ?? Infinity, other.end_s ?? Infinity);
}

function isDropped(video) {
  return Boolean(video.reason || video.problem);
}

function isOpen(video) {
  return isDropped(video) && rowsOf(video).length === 0;
}
