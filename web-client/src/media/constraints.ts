// How a device is opened. Two ways of taking sound in: a room's mixer has its own echo cancellation and any further
// processing spoils it; a computer's microphone needs all of it.

/** Frames and pixels of a camera. Above 720p a commune's computer encodes for nobody's benefit. */
const CAMERA: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 25, max: 30 },
};

/** Frames of a shared screen: text changes slowly, and the line is better spent on sharpness. */
const SCREEN_FRAMES = 5;

export type SoundProcessing = 'room' | 'computer';

/** A named device if it is still there, else the browser's choice: an unplugged camera must not stop a meeting. */
function wanted(id: string): MediaTrackConstraints {
  return id === '' ? {} : { deviceId: { ideal: id } };
}

export function cameraConstraints(id: string): MediaStreamConstraints {
  return { video: { ...CAMERA, ...wanted(id) } };
}

export function microphoneConstraints(id: string, sound: SoundProcessing): MediaStreamConstraints {
  const processed = sound === 'computer';
  return {
    audio: {
      channelCount: { ideal: 1 },
      sampleRate: { ideal: 48_000 },
      echoCancellation: processed,
      noiseSuppression: processed,
      autoGainControl: processed,
      ...wanted(id),
    },
  };
}

export function screenOptions(): DisplayMediaStreamOptions {
  return {
    video: { frameRate: { max: SCREEN_FRAMES } },
    // Sound of a film on the screen; not to be processed like speech.
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  };
}
