"use strict";
// The test: practice, trials, breaks, the end. One key or one click answers.

const SCALE = [[5, "Excellent"], [4, "Good"], [3, "Fair"], [2, "Poor"], [1, "Bad"]];
const isPairs = STUDY.method === "pc";
let since = 0;

function show(id) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== id;
}

// Shows a message and waits for Space, Enter or a click.
function announced(text) {
  $("#message").textContent = text;
  return asked([["", "Go on (Space)", [" ", "Enter"]]]);
}

// Shows buttons and resolves to the value of the one that is chosen by click or key.
function asked(choices) {
  return new Promise((resolve) => {
    const finish = (value) => {
      document.removeEventListener("keydown", onKey);
      $("#answers").replaceChildren();
      $("#message").textContent = "";
      resolve(value);
    };
    const onKey = (event) => {
      const found = choices.find(([, , keys]) => keys.includes(event.key));
      if (!found || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      event.preventDefault();
      finish(found[0]);
    };
    $("#answers").replaceChildren(...choices.map(([value, text]) => {
      const button = document.createElement("button");
      button.textContent = text;
      button.addEventListener("click", () => finish(value));
      return button;
    }));
    document.addEventListener("keydown", onKey);
  });
}

async function trial(one) {
  let dropped = 0, error = "";
  for (const [i, clip] of one.clips.entries()) {
    $("#count").textContent = isPairs ? "AB"[i] : "";
    await pause(STUDY.gray_s);
    const result = await play(clip, one);
    dropped += result.dropped_frames;
    error = error || result.error;
  }
  $("#count").textContent = `${one.kind === "training" ? "practice" : "clip"} ${session.answers.length + 1} of ${session.trials.length}`;
  const begun = performance.now();
  const base = { kind: one.kind, videos: one.videos, reference: one.reference, dropped_frames: dropped };
  if (error) {
    await announced(`This clip cannot be played here (${error}). It is left out.`);
    return record({ ...base, score: null, choice: null, error });
  }
  $("#message").textContent = isPairs ? "Which one has the better quality?" : "How is the quality of this clip?";
  const value = await asked(isPairs
    ? [[0, "A: the first (1)", ["1", "a", "ArrowLeft"]], [1, "B: the second (2)", ["2", "b", "ArrowRight"]]]
    : SCALE.map(([score, word]) => [score, `${score} ${word}`, [String(score)]]));
  const seconds = Math.round(performance.now() - begun) / 1000;
  record({ ...base, [isPairs ? "choice" : "score"]: value, seconds });
}

async function run() {
  show("stage");
  since = performance.now();
  const start = session.answers.length;
  if (start) await announced(`Welcome back. ${start} of ${session.trials.length} are done.`);
  else await announced(session.trials[0].kind === "training" ? "Practice begins. These answers do not count." : "The test begins.");
  for (const one of session.trials.slice(start)) {
    const before = session.answers[session.answers.length - 1];
    if (before && before.kind === "training" && one.kind === "test") await announced("Practice is over. The test begins.");
    if (performance.now() - since > 1000 * STUDY.break_s) {
      await announced("Time for a break. Rest your eyes; go on when you like.");
      since = performance.now();
    }
    await trial(one);
  }
  finish();
}

function finish() {
  show("end");
  $("#end-text").textContent = `All ${session.trials.length} answers are here. Save them as a file and give it to the test leader.`;
  $("#save").focus();
}

$("#title").textContent = document.title = STUDY.title;
$("#task").textContent = isPairs
  ? `You see ${STUDY.test.length} pairs of clips, one after the other. Say which one has the better quality; guess where you see no difference.`
  : `You see ${STUDY.test.length} clips. Give each one a score for its quality: 5 excellent, 4 good, 3 fair, 2 poor, 1 bad.`;
const asRater = new URLSearchParams(location.search).get("rater");
if (asRater) $("#rater").value = asRater;
$("#save").addEventListener("click", save);
$("#stop").addEventListener("click", () => { save(); $("#stop").blur(); });
$("#checks").addEventListener("submit", (event) => {
  event.preventDefault();
  open($("#rater").value.trim());
  session.checks = checksTaken();
  document.activeElement?.blur();
  if (session.answers.length >= session.trials.length) finish();
  else run();
});
