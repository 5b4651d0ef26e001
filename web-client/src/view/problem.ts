import type { Problem } from '../store/state.ts';
import type { Dictionary } from '../text/vi.ts';

/** A problem as a sentence that says what to do. */
export function problemSentence(problem: Problem, text: Dictionary): string {
  if (problem.kind === 'unreachable') return text.notices.unreachable;
  const sentence = text.refusals[problem.refusal];
  const wait = problem.retryAfterSeconds;
  return wait === undefined ? sentence : `${sentence} ${text.retryIn(wait)}`;
}
