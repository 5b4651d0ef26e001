import type { NoticeText } from '../store/state.ts';
import type { Dictionary } from '../text/vi.ts';
import { problemSentence } from './problem.ts';

/** A notice as a sentence. */
export function noticeSentence(notice: NoticeText, text: Dictionary): string {
  switch (notice.kind) {
    case 'problem':
      return problemSentence(notice.problem, text);
    case 'captureFailed':
      return text.captureFailures[notice.source === 'screenAudio' ? 'screen' : notice.source][notice.why];
    case 'lowered':
    case 'raised':
      return text.notices[notice.kind][notice.to];
    case 'accountDisabled':
    case 'accountEnabled':
    case 'satApart':
      return text.notices[notice.kind](notice.name);
    case 'fewerPictures':
    case 'allPictures':
    case 'invited':
    case 'microphoneLocked':
    case 'microphoneAllowed':
    case 'speechEnded':
    case 'presentingStopped':
    case 'talkingWhileOff':
    case 'reconnected':
    case 'meetingStarted':
    case 'satTogether':
    case 'meetingCreated':
      return text.notices[notice.kind];
    default:
      return notice satisfies never;
  }
}

/** What must interrupt a screen reader: failures, and what happens to the own microphone. */
export function isUrgent(notice: NoticeText): boolean {
  switch (notice.kind) {
    case 'problem':
    case 'captureFailed':
    case 'invited':
    case 'microphoneLocked':
    case 'microphoneAllowed':
    case 'speechEnded':
    case 'talkingWhileOff':
    case 'satApart':
    case 'satTogether':
      return true;
    case 'presentingStopped':
    case 'reconnected':
    case 'lowered':
    case 'raised':
    case 'fewerPictures':
    case 'allPictures':
    case 'meetingStarted':
    case 'meetingCreated':
    case 'accountDisabled':
    case 'accountEnabled':
      return false;
    default:
      return notice satisfies never;
  }
}
