import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import typescript from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

// Data flows connection → media → protocol → store → view, and imports never point against it. `app` wires all of
// them and is imported by nobody; types may be shared further than code, since a type cannot call anybody.
const folders = ['app', 'connection', 'media', 'protocol', 'store', 'text', 'view'];
const mayImport = {
  protocol: [],
  media: ['protocol'],
  connection: ['protocol', 'media'],
  store: ['protocol'],
  text: ['protocol'],
  view: ['protocol', 'store', 'text'],
};
// A view attaches pictures through `media/outlets`, which is types only.
const mayImportTypesOf = {
  store: ['media'],
  text: ['media', 'store'],
  view: ['media'],
};

const walls = Object.entries(mayImport).map(([folder, allowed]) => {
  const types = mayImportTypesOf[folder] ?? [];
  const closed = folders.filter((other) => other !== folder && !allowed.includes(other));
  return {
    files: [`src/${folder}/**`],
    ignores: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: closed.map((other) => ({
            regex: `^(\\.\\./)+${other}/`,
            allowTypeImports: types.includes(other),
            message: `${folder} must not import from ${other}: imports follow the data (ARCHITECTURE.md, code map).`,
          })),
        },
      ],
    },
  };
});

export default typescript.config(
  // The gallery is a page for looking at screens; it is not shipped.
  { ignores: ['dist', 'gallery', 'src/protocol/generated.ts'] },
  js.configs.recommended,
  typescript.configs.strictTypeChecked,
  typescript.configs.stylisticTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js'] },
        extraFileExtensions: ['.svelte'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-console': ['error', { allow: ['warn', 'error'] }],
      'max-lines': ['error', { max: 500 }],
      // The state is made of type aliases throughout; one way is enough.
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of strings.' },
      ],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: typescript.parser, svelteConfig } },
  },
  {
    files: ['**/*.svelte'],
    rules: {
      'max-lines': ['error', { max: 200, skipBlankLines: true }],
      'svelte/no-at-html-tags': 'error',
      // The linter sees other components as `any`; svelte-check, which knows their types, checks the same.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 70 }] },
  },
  {
    files: ['**/*.js', 'vite.config.ts'],
    ...typescript.configs.disableTypeChecked,
  },
  {
    files: ['**/*.js', 'vite.config.ts'],
    languageOptions: { globals: { ...globals.node } },
    // Tools read their configuration from the default export.
    rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' },
  },
  ...walls,
);
