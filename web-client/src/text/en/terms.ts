import type { Dictionary } from '../vi.ts';

type Terms = Dictionary['terms']['briefing'];

const briefing: Terms = {
  chair: 'Chair',
  meeting: 'Meeting',
  start: 'Start meeting',
  end: 'End meeting',
  ended: 'The meeting is over',
};

export const terms: Dictionary['terms'] = {
  briefing,
  conference: {
    chair: 'Chair',
    meeting: 'Conference',
    start: 'Open conference',
    end: 'Close conference',
    ended: 'The conference is over',
  },
  emergency: briefing,
  councilSession: {
    chair: 'Chair',
    meeting: 'Session',
    start: 'Open session',
    end: 'Close session',
    ended: 'The session is over',
  },
  training: {
    chair: 'Chair',
    meeting: 'Training',
    start: 'Start training',
    end: 'End training',
    ended: 'The training is over',
  },
  rehearsal: {
    chair: 'Test leader',
    meeting: 'Rehearsal',
    start: 'Start rehearsal',
    end: 'End rehearsal',
    ended: 'The rehearsal is over',
  },
};
