// The own microphone's level, in words a person at a site can act on.

/** The own microphone's level in one word. */
export type Loudness = 'noSound' | 'tooQuiet' | 'good' | 'tooLoud';
