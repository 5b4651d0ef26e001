import type * as source from '../vi/dialogs.ts';

export const shortcuts: typeof source.shortcuts = {
  title: 'Keyboard shortcuts',
  hint: 'They do nothing while text is being typed.',
  microphone: 'Open or close the microphone',
  hold: 'Hold to speak, release to close the microphone',
  camera: 'Turn the camera on or off',
  register: 'Register to speak, or cancel',
  present: 'Start or stop presenting',
  fullScreen: 'Full screen',
  help: 'Show this list',
  space: 'Space',
  off: 'Single-letter shortcuts are turned off in Settings.',
};

export const technical: typeof source.technical = {
  title: 'Technical information',
  intro: 'Figures of this device over the last seconds.',
  summaryGood: 'The line is good enough for the meeting.',
  summaryFair: 'The line is fair: pictures may be less sharp, sound stays clear.',
  summaryPoor: 'The line is poor: choose data saving and call the technician.',
  summaryLost: 'Nothing comes from the server: check the network cable and call the technician.',
  summaryUnknown: 'Not enough figures yet.',
  receiving: 'Receiving',
  sending: 'Sending',
  down: 'Bandwidth received',
  up: 'Bandwidth sent',
  delay: 'Delay',
  picture: 'Picture of the main screen',
  lost: 'lost',
  freezes: 'frozen',
  copy: 'Copy for the technician',
  unknown: 'not measured',
};
