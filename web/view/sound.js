// @ts-check
// One soft note for an answer, loaded when the visitor wants sound.

const NOTE_SECONDS = 0.5;
const NOTE_MS = NOTE_SECONDS * 1_000;
const LATE_MS = 2_000; // by which another tab may hear of the same message

/** @type {AudioContext | undefined} */
let audio;
let soundsUntil = 0; // by the page's clock: the audio's stands still until its device is ready

// A page that the visitor has not touched yet may not make any.
export function beep() {
  if (navigator.userActivation?.hasBeenActive === false) return;
  if (Date.now() < soundsUntil) return;
  soundsUntil = Date.now() + NOTE_MS;
  audio ??= new AudioContext();
  if (audio.state !== "running") audio.resume().catch(() => {}); // a phone call stops it, or the lock of the screen
  const note = new OscillatorNode(audio, { frequency: 784 });
  const gain = new GainNode(audio, { gain: 0.08 });
  note.connect(gain).connect(audio.destination);
  gain.gain.setTargetAtTime(0, audio.currentTime, 0.08);
  note.start();
  note.stop(audio.currentTime + NOTE_SECONDS);
}

/**
 * In one of the tabs.
 * @param {string} id of the message
 */
export function beepOnce(id) {
  if (!navigator.locks) return beep();
  const lock = navigator.locks.request(`visitor-chat beep ${id}`, { ifAvailable: true }, (mine) => mine && beepAndRest());
  lock.catch(beep); // refused along with the storage
}

async function beepAndRest() {
  beep();
  await new Promise((resolve) => setTimeout(resolve, LATE_MS));
}
