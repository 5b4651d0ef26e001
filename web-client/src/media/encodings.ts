// What is sent of each source, and in how many sizes.

import type { PublishDemand } from '../protocol/generated.ts';

/** `scalabilityMode` is in the standard's extension, which the DOM types leave out; Firefox ignores it. */
type Encoding = RTCRtpEncodingParameters & { readonly scalabilityMode: string };

/** Camera, smallest first: browsers give encodings up from the end when the processor is too slow. VP8 with two
 *  temporal layers each. `q` is a thumbnail, `h` a quarter of a screen, `f` the stage. */
export const CAMERA_ENCODINGS: readonly Encoding[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 120_000, maxFramerate: 15, scalabilityMode: 'L1T2' },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 400_000, maxFramerate: 20, scalabilityMode: 'L1T2' },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_200_000, maxFramerate: 25, scalabilityMode: 'L1T2' },
];

/** Screen: text must stay sharp, so the small one has few frames rather than few pixels of detail. */
export const SCREEN_ENCODINGS: readonly Encoding[] = [
  { rid: 'q', scaleResolutionDownBy: 2, maxBitrate: 200_000, maxFramerate: 2, scalabilityMode: 'L1T1' },
  { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_500_000, maxFramerate: 5, scalabilityMode: 'L1T1' },
];

/** Every encoding starts paused (Firefox obeys only if the answer accepts the simulcast): a picture that nobody has asked for costs the line nothing. */
export function paused(encodings: readonly RTCRtpEncodingParameters[]): RTCRtpEncodingParameters[] {
  return encodings.map((encoding) => ({ ...encoding, active: false }));
}

/** How many encodings, from the smallest, a demand asks for. */
function wanted(demand: PublishDemand): number {
  switch (demand) {
    case 'paused':
      return 0;
    case 'low':
      return 1;
    case 'medium':
      return 2;
    case 'high':
      return 3;
    default:
      return demand satisfies never;
  }
}

/** Switches encodings on and off; `null` when there is nothing to change. Encodings are told apart by position,
 *  since some browsers leave the rid out of what they report. */
export function withDemand(
  encodings: readonly RTCRtpEncodingParameters[],
  demand: PublishDemand,
): RTCRtpEncodingParameters[] | null {
  const active = wanted(demand);
  const changed = encodings.some((encoding, index) => (encoding.active ?? true) !== index < active);
  if (!changed) return null;
  return encodings.map((encoding, index) => ({ ...encoding, active: index < active }));
}

/** Puts VP8 first and leaves every other codec in its place. Reordered only: Firefox leaves attributes of removed
 *  codecs behind, which other browsers refuse to read. */
export function vp8First<T extends { readonly mimeType: string }>(codecs: readonly T[]): T[] {
  const isVp8 = (codec: T): boolean => codec.mimeType.toLowerCase() === 'video/vp8';
  return [...codecs.filter(isVp8), ...codecs.filter((codec) => !isVp8(codec))];
}
