import { vi, type Dictionary } from './vi.ts';

export type LanguageCode = 'vi' | 'en';

/** The texts in the language of the moment; changing it repaints what shows them, without a reload. */
class Language {
  code = $state<LanguageCode>('vi');
  text = $state.raw<Dictionary>(vi);

  /** English is fetched when first asked for; until it is there the texts stay as they are. */
  async use(code: LanguageCode): Promise<void> {
    const text = code === 'vi' ? vi : (await import('./en.ts')).en;
    this.code = code;
    this.text = text;
    document.documentElement.lang = code;
  }
}

export const language = new Language();
