// The words of the interface, from the client's own dictionaries: a label that is changed there is found here.

import { en } from '../../../web-client/src/text/en.ts';
import { vi } from '../../../web-client/src/text/vi.ts';

export type Language = 'vi' | 'en';
export const words = { vi, en };
