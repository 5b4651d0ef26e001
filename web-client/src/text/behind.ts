// Texts of the pages for administrators and technicians, which come with those pages.

import { administration as enAdministration } from './en/administration.ts';
import { nodes as enNodes } from './en/nodes.ts';
import { language } from './language.svelte.ts';
import { administration as viAdministration } from './vi/administration.ts';
import { nodes as viNodes } from './vi/nodes.ts';

/** Of units, sites and accounts, in the language of the moment. */
export function administrationText(): typeof viAdministration {
  return language.code === 'vi' ? viAdministration : enAdministration;
}

/** Of the map of nodes, in the language of the moment. */
export function nodesText(): typeof viNodes {
  return language.code === 'vi' ? viNodes : enNodes;
}
