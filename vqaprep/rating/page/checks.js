"use strict";
// Viewing conditions before the test: screen, sight, colours, window. They are recorded; they are no medical test.

const DIRECTIONS = ["right", "down", "left", "up"];
const sight = { turns: [], random: generator(String(Date.now())) };

function drawPatches() {
  for (let i = 1; i <= 8; i++) {
    const patch = document.createElement("span"), level = i * 4;
    patch.style.background = `rgb(${level}, ${level}, ${level})`;
    $("#patches").append(patch);
  }
}

// Three letters E, each smaller than the one before, turned at random.
function drawLetters() {
  for (const size of [40, 20, 10]) {
    const turn = Math.floor(sight.random() * 4), canvas = document.createElement("canvas"), ratio = window.devicePixelRatio || 1;
    sight.turns.push(turn);
    canvas.width = canvas.height = Math.round(size * ratio);
    canvas.style.width = canvas.style.height = size + "px";
    const pen = canvas.getContext("2d"), side = canvas.width;
    pen.translate(side / 2, side / 2);
    pen.rotate((turn * Math.PI) / 2);
    pen.translate(-side / 2, -side / 2);
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, side / 5, side);
    for (const bar of [0, 2, 4]) pen.fillRect(0, (bar * side) / 5, side, side / 5);
    const choice = document.createElement("select"), row = document.createElement("label"), plate = document.createElement("span");
    choice.required = true;
    choice.className = "turn";
    choice.append(new Option("choose", ""), ...DIRECTIONS.map((name, i) => new Option(name, String(i))));
    plate.className = "letter";
    plate.append(canvas);
    row.append(plate, choice);
    $("#letters").append(row);
  }
}

// Dots of two colours that people with a red-green weakness confuse; the number is made of one of them.
function drawPlate() {
  const random = generator("plate " + STUDY.id), number = 12 + Math.floor(random() * 80);
  const mask = document.createElement("canvas");
  mask.width = mask.height = 180;
  const pen = mask.getContext("2d");
  pen.font = "bold 110px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(String(number), 90, 96);
  const inside = pen.getImageData(0, 0, 180, 180).data, plate = $("#plate").getContext("2d");
  for (let i = 0; i < 2600; i++) {
    const angle = random() * 2 * Math.PI, far = Math.sqrt(random()) * 86;
    const x = 90 + far * Math.cos(angle), y = 90 + far * Math.sin(angle);
    const isNumber = inside[4 * (Math.round(y) * 180 + Math.round(x)) + 3] > 128;
    const light = 45 + random() * 25; // brightness varies, so that it does not give the number away
    plate.fillStyle = isNumber ? `hsl(${8 + random() * 18}, 60%, ${light}%)` : `hsl(${75 + random() * 25}, 45%, ${light}%)`;
    plate.beginPath();
    plate.arc(x, y, 2 + random() * 2.2, 0, 2 * Math.PI);
    plate.fill();
  }
  return number;
}

function windowCheck() {
  const trials = [...STUDY.test, ...STUDY.training], ratio = window.devicePixelRatio || 1;
  const width = Math.max(...trials.map((trial) => trial.width_px)), height = Math.max(...trials.map((trial) => trial.height_px));
  const fits = width <= window.innerWidth * ratio && height <= window.innerHeight * ratio;
  $("#window").textContent = fits ? "" : `The clips are ${width}x${height} pixels and this window shows ` +
    `${Math.round(window.innerWidth * ratio)}x${Math.round(window.innerHeight * ratio)}: make it larger (F11), or they are shown smaller.`;
  return { width, height, fits, ratio };
}

const plateNumber = drawPlate();
drawPatches();
drawLetters();
windowCheck();
window.addEventListener("resize", windowCheck);

function checksTaken() {
  const { fits, ratio } = windowCheck(), chosen = [...document.querySelectorAll(".turn")].map((select) => Number(select.value));
  return {
    distance_heights: Number($("#distance").value),
    light: $("#light").value,
    patches_seen: Number($("#seen-patches").value),
    letters_right: chosen.filter((turn, i) => turn === sight.turns[i]).length,
    has_colours: Number($("#seen-number").value) === plateNumber,
    is_scaled: !fits,
    pixel_ratio: ratio,
    window_px: [window.innerWidth, window.innerHeight],
    screen_px: [window.screen.width, window.screen.height],
  };
}
