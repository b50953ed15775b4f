"use strict";
// One rater's session: the order of trials, the answers so far, and the file that holds them.

const $ = (selector) => document.querySelector(selector);
const session = { rater: "", started: "", checks: {}, answers: [], trials: [] };

function storeOf(rater) {
  return "vqaprep-rate-" + STUDY.id + "-" + rater;
}

// A small generator of numbers, seeded by test and rater: the order is random over raters and the same when a rater returns.
function generator(text) {
  let state = 2166136261;
  for (const letter of text) state = Math.imul(state ^ letter.codePointAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(items, random) {
  const found = items.slice();
  for (let i = found.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [found[i], found[j]] = [found[j], found[i]];
  }
  return found;
}

// Two clips of one content should not follow each other. Take the first of another content; once most of what is left is of
// one content, take that one whenever it may come, or it would pile up at the end.
function spread(trials) {
  const content = (trial) => trial.reference || trial.clips[0];
  const left = trials.slice(), found = [];
  while (left.length) {
    const before = found.length ? content(found[found.length - 1]) : null, counts = new Map();
    for (const trial of left) counts.set(content(trial), (counts.get(content(trial)) || 0) + 1);
    const isMost = (trial) => counts.get(content(trial)) > left.length / 2;
    let at = left.findIndex((trial) => isMost(trial) && content(trial) !== before);
    if (at < 0) at = left.findIndex((trial) => content(trial) !== before);
    found.push(...left.splice(Math.max(at, 0), 1));
  }
  return found;
}

function turned(trial, random) {
  if (trial.clips.length < 2 || random() < 0.5) return trial;
  return { ...trial, clips: trial.clips.slice().reverse(), videos: trial.videos.slice().reverse() };
}

function trialsOf(rater) {
  const random = generator(STUDY.id + " " + rater);
  const test = spread(shuffled(STUDY.test, random)).map((trial) => turned(trial, random));
  const training = STUDY.training.map((trial) => turned(trial, random));
  return [...training.map((trial) => ({ ...trial, kind: "training" })), ...test.map((trial) => ({ ...trial, kind: "test" }))];
}

function open(rater) {
  session.rater = rater;
  session.trials = trialsOf(rater);
  const kept = JSON.parse(localStorage.getItem(storeOf(rater)) || "null");
  if (kept) Object.assign(session, { started: kept.started, answers: kept.answers });
  else Object.assign(session, { started: new Date().toISOString(), answers: [] });
}

function remember() {
  const kept = { started: session.started, answers: session.answers };
  try {
    localStorage.setItem(storeOf(session.rater), JSON.stringify(kept));
  } catch (error) {
    $("#count").textContent = "this browser keeps nothing: do not close the page before you saved your answers";
  }
}

function record(answer) {
  session.answers.push({ trial: session.answers.length + 1, ...answer, at: new Date().toISOString() });
  remember();
}

function fileText() {
  const content = {
    format: STUDY.format, study: STUDY.id, title: STUDY.title, method: STUDY.method, rater: session.rater,
    started: session.started, checks: session.checks, answers: session.answers,
    is_complete: session.answers.length >= session.trials.length,
  };
  return JSON.stringify(content, null, 1) + "\n";
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([fileText()], { type: "application/json" }));
  link.download = `ratings-${STUDY.id}-${session.rater}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
