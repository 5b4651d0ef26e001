// Sounds that the page makes itself: the loudspeaker test and the cues of an opening and closing microphone. They are
// made of oscillators, so that nothing has to be fetched.

export type Cue = 'test' | 'invited' | 'closed';

type Note = { readonly hertz: number; readonly at: number; readonly seconds: number };

const VOLUME = 0.25;
/** Cuts the clicks at both ends of a note. */
const RAMP_SECONDS = 0.02;

const NOTES: Readonly<Record<Cue, readonly Note[]>> = {
  test: [
    { hertz: 523, at: 0, seconds: 0.4 },
    { hertz: 659, at: 0.5, seconds: 0.4 },
    { hertz: 784, at: 1, seconds: 0.8 },
  ],
  invited: [
    { hertz: 659, at: 0, seconds: 0.25 },
    { hertz: 880, at: 0.3, seconds: 0.5 },
  ],
  closed: [{ hertz: 440, at: 0, seconds: 0.3 }],
};

/** How long a cue sounds, milliseconds. */
export function cueMs(cue: Cue): number {
  return 1_000 * Math.max(...NOTES[cue].map(({ at, seconds }) => at + seconds));
}

/** Plays a cue into a destination: the default loudspeaker, or a stream that an element plays on a chosen one. */
export function playCue(audio: AudioContext, destination: AudioNode, cue: Cue): void {
  for (const { hertz, at, seconds } of NOTES[cue]) {
    const start = audio.currentTime + at;
    const oscillator = new OscillatorNode(audio, { frequency: hertz });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(VOLUME, start + RAMP_SECONDS);
    volume.gain.setValueAtTime(VOLUME, start + seconds - RAMP_SECONDS);
    volume.gain.linearRampToValueAtTime(0, start + seconds);
    oscillator.connect(volume).connect(destination);
    oscillator.start(start);
    oscillator.stop(start + seconds);
  }
}
