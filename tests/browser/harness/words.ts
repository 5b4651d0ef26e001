// The words of the interface, from the client's own dictionaries: a label that is changed there is found here. Those that
// come with a page of their own are beside the others.

import { administration as enAdministration } from '../../../web-client/src/text/en/administration.ts';
import { branches as enBranches } from '../../../web-client/src/text/en/branches.ts';
import { nodes as enNodes } from '../../../web-client/src/text/en/nodes.ts';
import { en } from '../../../web-client/src/text/en.ts';
import { administration as viAdministration } from '../../../web-client/src/text/vi/administration.ts';
import { branches as viBranches } from '../../../web-client/src/text/vi/branches.ts';
import { nodes as viNodes } from '../../../web-client/src/text/vi/nodes.ts';
import { vi } from '../../../web-client/src/text/vi.ts';

export type Language = 'vi' | 'en';
export const words = {
  vi: {
    ...vi,
    administration: viAdministration,
    branches: viBranches,
    nodes: viNodes,
  },
  en: {
    ...en,
    administration: enAdministration,
    branches: enBranches,
    nodes: enNodes,
  },
};
