import { describe, expect, test } from 'vitest';
import { cameraConstraints, microphoneConstraints } from './constraints.ts';
import { failureOf } from './devices.ts';
import { CAMERA_ENCODINGS, paused, vp8First, withDemand } from './encodings.ts';
import { FLIP_ANYWAY_MS, FROZEN_MS, reached, SlotWatch } from './flip.ts';
import { decibels, gauge, loudness, Peak, Talking } from './meter.ts';
import { BusyMeter } from './busy.ts';
import { LoadMeter } from './load.ts';
import { StatsReader } from './stats.ts';
import { cueMs } from './tone.ts';

describe('encodings', () => {
  const active = (encodings: readonly RTCRtpEncodingParameters[]) =>
    encodings.filter((encoding) => encoding.active).map(({ rid }) => rid);

  test.each([
    ['paused', []],
    ['low', ['q']],
    ['medium', ['q', 'h']],
    ['high', ['q', 'h', 'f']],
  ] as const)('%s sends %o', (demand, rids) => {
    const start = paused(CAMERA_ENCODINGS);
    expect(active(withDemand(start, demand) ?? start)).toEqual(rids);
    // Back to silence from wherever it was.
    expect(active(withDemand(withDemand(start, demand) ?? start, 'paused') ?? start)).toEqual([]);
  });

  test('nothing is set that is so already', () => {
    expect(withDemand(paused(CAMERA_ENCODINGS), 'paused')).toBeNull();
    // A browser that leaves `active` out means "on".
    expect(withDemand([{ rid: 'q' }], 'low')).toBeNull();
  });

  test('codecs are reordered, never dropped', () => {
    const codecs = ['video/H264', 'video/rtx', 'video/VP8', 'video/AV1'].map((mimeType) => ({ mimeType }));
    expect(vp8First(codecs).map(({ mimeType }) => mimeType)).toEqual([
      'video/VP8',
      'video/H264',
      'video/rtx',
      'video/AV1',
    ]);
  });
});

test.each([
  ['NotAllowedError', 'denied'],
  ['NotFoundError', 'missing'],
  ['OverconstrainedError', 'missing'],
  ['NotReadableError', 'busy'],
  ['AbortError', 'busy'],
  ['SomethingNew', 'unknown'],
])('%s means %s', (name, why) => {
  expect(failureOf(Object.assign(new Error('x'), { name }))).toBe(why);
  expect(failureOf('not an error')).toBe('unknown');
});

test('a room’s sound is left as it is, a computer’s is cleaned', () => {
  const audio = (sound: 'room' | 'computer') => microphoneConstraints('', sound).audio;
  expect(audio('room')).toMatchObject({
    echoCancellation: false,
    noiseSuppression: false,
    autoGainControl: false,
  });
  expect(audio('computer')).toMatchObject({
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
  });
  expect(audio('room')).not.toHaveProperty('deviceId');
  // Only wished for: an unplugged device must not keep anybody out.
  expect(cameraConstraints('c1').video).toMatchObject({ deviceId: { ideal: 'c1' } });
});

describe('the name plate', () => {
  test.each([
    [100, 100, true],
    [101, 100, true],
    [99, 100, false],
    [5, 2 ** 32 - 5, true],
    [2 ** 32 - 5, 5, false],
  ])('frame %i for announced %i', (frame, announced, is) => {
    expect(reached(frame, announced)).toBe(is);
  });

  test('flips with the first new picture and once', () => {
    const watch = new SlotWatch();
    watch.announced(1_000, 0);
    expect(watch.frame(999, 10)).toEqual([]);
    expect(watch.frame(1_000, 20)).toEqual(['flip']);
    expect(watch.frame(1_001, 30)).toEqual([]);
    expect(watch.tick(FLIP_ANYWAY_MS)).toEqual([]);
  });

  test('flips anyway where pictures cannot be told apart', () => {
    const watch = new SlotWatch();
    watch.announced(1_000, 0);
    expect(watch.frame(undefined, 10)).toEqual([]);
    expect(watch.tick(FLIP_ANYWAY_MS - 1)).toEqual([]);
    expect(watch.tick(FLIP_ANYWAY_MS)).toEqual(['flip']);
  });

  test('a picture that stands still is called frozen, and thaws', () => {
    const watch = new SlotWatch();
    watch.announced(0, 0);
    watch.frame(0, 100);
    expect(watch.tick(100 + FROZEN_MS - 1)).toEqual([]);
    expect(watch.tick(100 + FROZEN_MS)).toEqual(['frozen']);
    expect(watch.tick(100 + FROZEN_MS + 250)).toEqual([]);
    expect(watch.frame(9, 9_000)).toEqual(['thawed']);
  });

  test('an empty slot and a hidden page do not freeze', () => {
    const watch = new SlotWatch();
    expect(watch.tick(99_999)).toEqual([]);
    watch.announced(0, 0);
    watch.frame(0, 0);
    watch.unseen(50_000);
    expect(watch.tick(50_001)).toEqual([]);
    watch.emptied();
    expect(watch.tick(99_999)).toEqual([]);
  });
});

describe('the meter', () => {
  test('levels and words', () => {
    const tone = (amplitude: number) =>
      Float32Array.from({ length: 4_800 }, (_, at) => amplitude * Math.sin((2 * Math.PI * at) / 48));
    const word = (amplitude: number) => loudness(decibels(tone(amplitude)));
    expect([0, 0.001, 0.01, 0.2, 0.99].map(word)).toEqual([
      'noSound',
      'noSound',
      'tooQuiet',
      'good',
      'tooLoud',
    ]);
    expect(decibels(tone(1))).toBeCloseTo(-3.01, 1);
    expect(decibels(new Float32Array(0))).toBe(-Infinity);
    expect([gauge(-Infinity), gauge(-55), gauge(0), gauge(9)]).toEqual([0, 0, 1, 1]);
  });

  test('the word outlives a pause between words, not a silence', () => {
    const peak = new Peak();
    expect(peak.add(-20, 0)).toBe(-20);
    expect(peak.add(-80, 1_900)).toBe(-20);
    expect(peak.add(-80, 2_000)).toBe(-80);
  });

  test('speech is noticed once, a cough is not', () => {
    const talking = new Talking();
    const heard = (db: number, ...times: number[]) => times.map((at) => talking.add(db, at));
    expect(heard(-20, 0, 400)).toEqual([false, false]);
    expect(heard(-90, 600)).toEqual([false]);
    expect(heard(-20, 800, 1_600, 2_300, 9_000)).toEqual([false, false, true, false]);
    expect(heard(-90, 9_200)).toEqual([false]);
    expect(heard(-20, 10_000, 11_500)).toEqual([false, true]);
  });
});

test('cues have an end', () => {
  expect(cueMs('test')).toBe(1_800);
});

const WATCHED = { seen: 'visible', busy: 0 } as const;

test('figures are rates between two reports, by slot and source', () => {
  const reader = new StatsReader();
  const names = {
    slotOf: (mid: string) => (mid === '8' ? ('programme' as const) : null),
    sourceOf: (mid: string) => (mid === '1' ? ('camera' as const) : null),
  };
  const report = (received: number, sent: number) =>
    new Map<string, Record<string, unknown>>([
      ['c', { type: 'codec', mimeType: 'video/VP8' }],
      [
        'i',
        {
          type: 'inbound-rtp',
          kind: 'video',
          mid: '8',
          codecId: 'c',
          bytesReceived: received,
          framesDecoded: 9,
        },
      ],
      ['stray', { type: 'inbound-rtp', kind: 'video', mid: '99', bytesReceived: 1 }],
      ['o', { type: 'outbound-rtp', kind: 'video', mid: '1', rid: 'q', codecId: 'c', bytesSent: sent }],
      ['p', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.0421 }],
    ]);
  const first = reader.read(report(1_000, 500), names, WATCHED, 0);
  expect([first.receiveKbps, first.sendKbps, first.roundTripMs]).toEqual([0, 0, 42]);
  const second = reader.read(report(251_000, 25_500), names, WATCHED, 2_000);
  expect([second.receiveKbps, second.sendKbps]).toEqual([1_000, 100]);
  expect(second.received).toMatchObject([{ slot: 'programme', codec: 'VP8', framesDecoded: 9, kbps: 1_000 }]);
  expect(second.sent).toMatchObject([{ source: 'camera', rid: 'q', kbps: 100 }]);
  // Counters begin again on a new transport.
  expect(reader.read(report(10, 10), names, WATCHED, 4_000).receiveKbps).toBe(0);
});

describe('the load of a computer', () => {
  const nobody = { slotOf: () => null, sourceOf: () => null };
  const pictures = (decoded: number, dropped: number) =>
    new Map([
      ['a', { type: 'inbound-rtp', kind: 'video', framesDecoded: decoded / 2, framesDropped: dropped / 2 }],
      ['b', { type: 'inbound-rtp', kind: 'video', framesDecoded: decoded / 2, framesDropped: dropped / 2 }],
      ['s', { type: 'inbound-rtp', kind: 'audio', framesDropped: 1_000 }],
    ]);
  const loads = (readings: readonly (readonly [number, number, 'visible' | 'hidden'])[]) => {
    const reader = new StatsReader();
    return readings.map(
      ([decoded, dropped, seen], index) =>
        reader.read(pictures(decoded, dropped), nobody, { seen, busy: 0.25 }, index * 2_000).load?.dropped ??
        null,
    );
  };

  test('is the share of pictures that came too late, over all slots', () => {
    expect(
      loads([
        [0, 0, 'visible'],
        [100, 20, 'visible'],
        [200, 20, 'visible'],
      ]),
    ).toEqual([null, 0.2, 0]);
  });

  test('is unknown while nobody looks and in the span that began hidden', () => {
    expect(
      loads([
        [0, 0, 'visible'],
        [100, 90, 'hidden'],
        [200, 180, 'visible'],
        [300, 180, 'visible'],
      ]),
    ).toEqual([null, null, null, 0]);
  });

  test('says nothing of a handful of pictures, nor across a new transport', () => {
    expect(
      loads([
        [100, 0, 'visible'],
        [110, 10, 'visible'],
        [10, 0, 'visible'],
      ]),
    ).toEqual([null, 0, null]);
  });

  test('is also the time that the busiest decoder is at work, per slot and not in sum', () => {
    const meter = new LoadMeter();
    const decoders = (...spans: readonly (readonly [frames: number, seconds: number])[]) =>
      new Map(
        spans.map(([framesDecoded, totalDecodeTime], at) => [
          String(at),
          { type: 'inbound-rtp', kind: 'video', framesDecoded, totalDecodeTime },
        ]),
      );
    const watch = { seen: 'visible', busy: 0 } as const;
    expect(meter.read(decoders([100, 1], [100, 0.1]), watch, 0)).toBeNull();
    // An old computer: 36 ms for each of 25 pictures a second on the stage, 4 ms for a small one.
    expect(meter.read(decoders([150, 2.8], [150, 0.3]), watch, 2_000)?.decoding).toBeCloseTo(0.9);
    expect(meter.read(decoders([200, 3], [200, 0.5]), watch, 4_000)?.decoding).toBeCloseTo(0.1);
    // A slot that is new counts from nothing; a handful of pictures says nothing; nor does a browser that tells no time.
    expect(meter.read(decoders([200, 3], [200, 0.5], [40, 1.6]), watch, 6_000)?.decoding).toBeCloseTo(0.8);
    expect(meter.read(decoders([204, 5], [200, 0.5], [40, 1.6]), watch, 8_000)?.decoding).toBe(0);
    const mute = new Map([['0', { type: 'inbound-rtp', kind: 'video', framesDecoded: 400 }]]);
    expect(new LoadMeter().read(mute, watch, 0)).toBeNull();
    meter.read(decoders([0, 0]), watch, 10_000);
    expect(meter.read(mute, watch, 12_000)?.decoding).toBe(0);
  });

  test('counts long tasks by the time they take', () => {
    const meter = new BusyMeter(0);
    meter.add(300);
    meter.add(200);
    expect(meter.take(1_000)).toBe(0.5);
    expect(meter.take(2_000)).toBe(0);
    meter.add(9_000);
    expect(meter.take(3_000)).toBe(1);
    expect(meter.take(3_000)).toBe(0);
  });
});
