// The own microphone's level, in words a person at a site can act on.

/** The level in one word. */
export type Loudness = 'noSound' | 'tooQuiet' | 'good' | 'tooLoud';

/** Level below which a line is as good as unplugged, decibels of full scale. */
const SILENT_DB = -55;
/** Speech below this is hard to follow in a hall. */
const QUIET_DB = -38;
/** Speech above this is distorted. */
const LOUD_DB = -6;

/** Speech has pauses: the word follows the loudest moment of the last seconds. */
const HOLD_MS = 2_000;

/** Rate at which the level is read. */
const PERIOD_MS = 200;

/** Speech for this long while the microphone is off is worth a word. */
const TALKING_MS = 1_500;

/** Root mean square of samples from -1 to 1, in decibels of full scale. */
export function decibels(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
  return rms === 0 ? -Infinity : 20 * Math.log10(rms);
}

export function loudness(db: number): Loudness {
  if (db < SILENT_DB) return 'noSound';
  if (db < QUIET_DB) return 'tooQuiet';
  return db > LOUD_DB ? 'tooLoud' : 'good';
}

/** 0 at silence, 1 at full scale, even in decibels as ears are. */
export function gauge(db: number): number {
  return Math.min(1, Math.max(0, (db - SILENT_DB) / -SILENT_DB));
}

/** Keeps the loudest of the last moments. */
export class Peak {
  #readings: { readonly at: number; readonly db: number }[] = [];

  /** Adds a reading and gives the loudest that still counts. */
  add(db: number, now: number): number {
    this.#readings = [...this.#readings.filter(({ at }) => now - at < HOLD_MS), { at: now, db }];
    return Math.max(...this.#readings.map((reading) => reading.db));
  }
}

/** Notices speech: enough loud readings in a row. */
export class Talking {
  #since: number | null = null;

  /** True once per speech, when it has lasted long enough. */
  add(db: number, now: number): boolean {
    if (db < QUIET_DB) {
      this.#since = null;
      return false;
    }
    this.#since ??= now;
    if (now - this.#since < TALKING_MS) return false;
    this.#since = Infinity;
    return true;
  }
}

export type MeterListener = {
  readonly onLevel: (value: number, loudness: Loudness) => void;
  readonly onTalking: () => void;
};

/** Measures a stream until the returned function is called. */
export function startMeter(
  audio: AudioContext,
  stream: MediaStream,
  now: () => number,
  listener: MeterListener,
): () => void {
  const source = audio.createMediaStreamSource(stream);
  const analyser = audio.createAnalyser();
  analyser.fftSize = 2048;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const peak = new Peak();
  const talking = new Talking();
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const db = decibels(samples);
    listener.onLevel(gauge(db), loudness(peak.add(db, now())));
    if (talking.add(db, now())) listener.onTalking();
  }, PERIOD_MS);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}
