"use strict";
// The table that `vqaprep crop --overrides` reads.

const MARK = "\ufeff"; // spreadsheets take a table without this byte order mark for another encoding
const COLUMNS = ["file", "rule", "box", "start_s", "end_s", "keep", "by"];

function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\n\r;]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}

function tableText() {
  const lines = [COLUMNS.join(",")];
  for (const video of VIDEOS) {
    for (const row of rowsOf(video)) {
      const box = row.box ? row.box.join(" ") : "";
      const by = REVIEW.is_hidden ? "" : row.by;
      lines.push([video.name, row.rule, box, row.start_s, row.end_s, row.keep ? "yes" : "no", by].map(cell).join(","));
    }
  }
  return lines.join("\r\n") + "\r\n";
}

function save() {
  if (!VIDEOS.some((video) => rowsOf(video).length)) {
    say("nothing is decided yet");
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([MARK + tableText()], { type: "text/csv" }));
  link.download = "overrides.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  say("overrides.csv is saved to your downloads");
}

let file = null;

// With the File System Access API one file is kept up to date; browsers without it download.
async function keepSaving() {
  try {
    file = await window.showSaveFilePicker({ suggestedName: "overrides.csv" });
    await writeFile();
  } catch (error) {
    if (error.name !== "AbortError") say("the file cannot be written: " + error.message);
  }
}

async function writeFile() {
  if (!file) return;
  try {
    const writable = await file.createWritable();
    await writable.write(MARK + tableText());
    await writable.close();
    say(file.name + " is up to date");
  } catch (error) {
    file = null;
    say("the file cannot be written: " + error.message + "; save it again");
  }
}
