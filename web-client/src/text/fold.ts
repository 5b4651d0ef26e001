/** Folds a text for search, the same way as the server: "Tân An", its decomposed form and "tan an" become one. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('đ', 'd')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
}
