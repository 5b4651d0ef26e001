import type { Dictionary } from '../vi.ts';

export const lobby: Dictionary['lobby'] = {
  title: 'Check before joining',
  startsAt: (time, date) => `${time} on ${date}`,
  pictureStep: 'Picture',
  soundStep: 'Microphone',
  speakerStep: 'Loudspeaker',
  preview: 'Picture of the camera',
  camera: 'Camera',
  cameraOff: 'The camera is off',
  cameraNone: 'No camera',
  cameraStarting: 'Opening the camera…',
  microphone: 'Microphone',
  microphoneNone: 'No microphone',
  microphoneStarting: 'Opening the microphone…',
  loudspeaker: 'Loudspeaker',
  loudspeakerDefault: 'Default loudspeaker',
  deviceUnnamed: (n) => `Device ${n}`,
  speakNow: 'Say a sentence to check the microphone.',
  level: 'Sound level',
  levels: { noSound: 'No sound heard', tooQuiet: 'Too quiet', good: 'Clear', tooLoud: 'Too loud' },
  tone: 'Play the test sound',
  tonePlaying: 'Playing the test sound…',
  toneHint: 'If nothing is heard: check volume and cable, then choose another loudspeaker.',
  audioMode: 'Sound mode',
  audioRoom: 'Meeting room',
  audioRoomHint: 'Many people, loudspeakers, perhaps a mixer. The sound of the room is left as it is.',
  audioComputer: 'Personal computer',
  audioComputerHint: 'One person, with echo and noise removed.',
  joinsMuted: 'The microphone is off on joining. It is heard only when invited or allowed.',
  autoOpen: 'Open the microphone by itself when invited to speak',
  autoOpenHint: 'It opens 5 seconds after the chime, clearly announced. Only for prepared rooms.',
  notice: 'Nothing that is a state secret may be said or shown.',
  join: 'Join the meeting',
  joining: 'Joining…',
  joinWithout: 'Joining without camera or microphone is possible, to watch and listen.',
  replaceTitle: 'Replace the connected device',
  replaceAsk: 'This site is connected from another device. Replace that device?',
  replaceDo: 'Replace and join',
};

const HOW_TO_ALLOW = 'Choose the lock beside the address, choose “Allow”, then press “Try again”.';

export const captureFailures: Dictionary['captureFailures'] = {
  camera: {
    denied: `The browser may not use the camera. ${HOW_TO_ALLOW}`,
    missing: 'No camera was found. Connect one and press “Try again”.',
    busy: 'Another program is using the camera. Close it and try again.',
    insecure:
      'The page was not opened securely, so the browser offers no camera. Open it by its https address.',
    unsupported: 'This browser cannot use a camera. Please update it.',
    cancelled: 'No camera chosen. Press “Try again” to choose one.',
    unknown: 'The camera did not open. Reconnect it, choose another, or contact the technician.',
  },
  microphone: {
    denied: `The browser may not use the microphone. ${HOW_TO_ALLOW}`,
    missing: 'No microphone was found. Connect one and press “Try again”.',
    busy: 'Another program is using the microphone. Close it and try again.',
    insecure:
      'The page was not opened securely, so the browser offers no microphone. Open it by its https address.',
    unsupported: 'This browser cannot use a microphone. Please update it.',
    cancelled: 'No microphone chosen. Press “Try again” to choose one.',
    unknown: 'The microphone did not open. Reconnect it, choose another, or contact the technician.',
  },
  screen: {
    denied: 'The browser may not share the screen. Press “Present”, choose a screen or window and allow it.',
    missing: 'No screen or window was found. Open the document and try again.',
    busy: 'The screen cannot be read. Close the program that holds it and try again.',
    insecure:
      'The page was not opened securely, so presenting is not possible. Open it by its https address.',
    unsupported: 'This device cannot present its screen. Please use a computer.',
    cancelled: 'Nothing was chosen. Press “Present” and choose a screen or window.',
    unknown: 'Presenting did not start. Try again, or contact the technician.',
  },
};
