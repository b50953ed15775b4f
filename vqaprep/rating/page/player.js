"use strict";
// Plays one clip once, pixel for pixel where it fits, and says how many frames the browser dropped.

const player = $("#player");

function fit(trial) {
  const ratio = window.devicePixelRatio || 1, width = trial.width_px / ratio, height = trial.height_px / ratio;
  const scale = Math.min(1, window.innerWidth / width, window.innerHeight / height);
  player.style.width = width * scale + "px";
  player.style.height = height * scale + "px";
}

function droppedFrames() {
  return player.getVideoPlaybackQuality ? player.getVideoPlaybackQuality().droppedVideoFrames : 0;
}

// Resolves to { dropped_frames, error } when the clip has ended or cannot be played.
function play(clip, trial) {
  fit(trial);
  return new Promise((resolve) => {
    const done = (error) => {
      player.onended = player.onerror = player.oncanplaythrough = null;
      const dropped = droppedFrames();
      player.hidden = true;
      resolve({ dropped_frames: dropped, error });
    };
    player.onended = () => done("");
    player.onerror = () => done(player.error ? player.error.message || "code " + player.error.code : "unknown");
    player.oncanplaythrough = () => {
      player.oncanplaythrough = null;
      player.hidden = false;
      player.play().catch((error) => done(error.message));
    };
    player.hidden = true;
    player.src = clip;
    player.load();
  });
}

function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
}
